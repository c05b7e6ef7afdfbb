import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from horarium.engine.jobs.failure import MOST_MESSAGE, MOST_TRACEBACK, describe, describe_end
from horarium.engine.jobs.storable import storable


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def test_an_exception_is_kept_with_its_type_message_and_traceback() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        _ = 1 / 0
    error = describe(caught.value)
    assert (error.type, error.message, error.module) == (
        "ZeroDivisionError",
        "division by zero",
        "builtins",
    )
    assert error.traceback is not None
    assert "1 / 0" in error.traceback


def test_an_exception_that_cannot_be_shown_is_kept_all_the_same() -> None:
    assert describe(Mute()).message == "its message cannot be shown: str() of it failed"


def test_a_huge_message_is_cut() -> None:
    error = describe(ValueError("x" * 1_000_000))
    assert len(error.message) == MOST_MESSAGE
    assert error.traceback is not None
    assert len(error.traceback) == MOST_TRACEBACK


@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_becomes_text_that_can_be_kept(text: str) -> None:
    kept = storable(text)
    assert "\0" not in kept
    assert b"\\u0000" not in msgspec.json.encode(kept).replace(b"\\\\", b"")
    if text.isprintable() and "\\" not in text:
        assert kept == text


@pytest.mark.parametrize(
    ("error", "timeout", "took", "message"),
    [
        (TimeoutError(), 30.0, 30.01, "it ran longer than its timeout of 30 s"),
        (TimeoutError(), 0.5, 0.5, "it ran longer than its timeout of 0.5 s"),
        (TimeoutError(), 30.0, 3.0, ""),
        (TimeoutError(), None, 3.0, ""),
        (TimeoutError("the bank"), 30.0, 30.0, "the bank"),
        (ValueError(), 30.0, 30.0, ""),
    ],
)
def test_a_timeout_is_given_words(
    error: Exception, timeout: float | None, took: float, message: str
) -> None:
    assert describe_end(error, timeout, took).message == message


class Incomparable:
    def __eq__(self, other: object) -> bool:
        raise ValueError("the truth value of an array is ambiguous")

    __hash__ = None  # type: ignore[assignment]


class Secretive(Exception):
    @property
    def args(self) -> tuple[str, ...]:  # type: ignore[override]
        raise RuntimeError("not yours")


@pytest.mark.parametrize(
    ("error", "args"),
    [
        (ValueError("no"), None),
        (ValueError(), None),
        (ValueError("no", 3, None), ("no", 3, None)),
        (ValueError(Incomparable()), None),
        (ValueError("x" * 1_000_000, 1), None),
        (Secretive("a", "b"), None),
    ],
)
def test_what_an_exception_was_made_from_is_kept_where_it_can_be(
    error: Exception, args: tuple[object, ...] | None
) -> None:
    assert describe(error).args == args
