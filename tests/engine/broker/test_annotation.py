"""Plain data, read as the types that annotations name."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import msgspec
import pytest
from argument_types import REFUSED, ROUND_TRIPS, Colour, Line, Point

from horarium.engine.broker.annotation import Mismatch, Unreadable, reader
from horarium.engine.broker.message import encode_value

T = TypeVar("T")


@pytest.mark.parametrize(("annotation", "value"), ROUND_TRIPS, ids=str)
def test_a_value_comes_back_as_its_annotated_type(annotation: Any, value: Any) -> None:
    read = reader(annotation)
    came = msgspec.json.decode(encode_value(value))
    again = came if read is None else read(came)
    assert again == value
    if type(value) is not int:  # a whole number is a float, where one is wanted
        assert type(again) is type(value)


@pytest.mark.parametrize(("annotation", "value"), ROUND_TRIPS, ids=str)
def test_what_has_its_type_already_is_left_alone(annotation: Any, value: Any) -> None:
    read = reader(annotation)
    assert read is None or read(value) == value


@pytest.mark.parametrize(("annotation", "value", "path", "reason"), REFUSED, ids=str)
def test_what_does_not_fit_is_refused_with_its_place(
    annotation: Any, value: Any, path: str, reason: str
) -> None:
    read = reader(annotation)
    assert read is not None
    with pytest.raises(Mismatch) as refusal:
        read(value)
    assert refusal.value.path == path
    assert reason in refusal.value.reason


def test_a_refusal_does_not_repeat_the_value() -> None:
    read = reader(dict[str, list[Line]])
    assert read is not None
    with pytest.raises(Mismatch) as refusal:
        read({"a": [{"price": "secret word"}]})
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("annotation", [Any, object, T])
def test_some_annotations_take_anything(annotation: Any) -> None:
    assert reader(annotation) is None


@pytest.mark.parametrize(
    ("annotation", "value"),
    [(Sequence[Point], [Point(1)]), (Mapping[str, Colour], {"a": Colour.RED})],
)
def test_abstract_collections_are_read(annotation: Any, value: Any) -> None:
    read = reader(annotation)
    assert read is not None
    assert read(msgspec.json.decode(encode_value(value))) == value


class Speaker(Protocol):
    def speak(self) -> str: ...


class Opaque:
    pass


def test_a_protocol_says_nothing_about_data() -> None:
    with pytest.raises(Unreadable):
        reader(Speaker)


def test_an_opaque_class_cannot_be_made_from_data() -> None:
    read = reader(list[Opaque])
    assert read is not None
    with pytest.raises(Mismatch, match=r"^\[0\]: Expected `Opaque`, which cannot be made"):
        read([{"a": 1}])


def test_a_function_is_no_data() -> None:
    read = reader(Callable[[], None])
    assert read is not None
    with pytest.raises(Mismatch):
        read("print")
