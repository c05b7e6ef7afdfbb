"""Arguments and results on their way: what comes back, and what cannot be written."""

import dataclasses
import enum
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from taskiq.exceptions import SendTaskError
from taskiq.labels import prepare_label
from taskiq.message import TaskiqMessage
from workplace import AtWork

from horarium.engine import LedgerBroker
from horarium.engine.broker.message import LedgerFormatter, encode_call
from horarium.errors import InvalidInput

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: int
    y: int


class Order(BaseModel):
    number: int
    placed: datetime


class Line(msgspec.Struct):
    quantity: int


NOW = datetime(2024, 5, 1, 12, 30, tzinfo=UTC)
TYPED: list[tuple[Any, Any]] = [
    (Order, Order(number=1, placed=NOW)),
    (Point, Point(1, 2)),
    (datetime, NOW),
    (date, NOW.date()),
    (Decimal, Decimal("0.001")),
    (UUID, UUID(int=7)),
    (Colour, Colour.RED),
    (timedelta, timedelta(hours=1, milliseconds=5)),
    (list[Order], [Order(number=2, placed=NOW)]),
    (dict[str, int], {"a": 1}),
    (int | None, None),
]


@given(args=st.lists(JSON, max_size=4), kwargs=st.dictionaries(st.text(), JSON, max_size=4))
def test_plain_data_comes_back_as_it_was(args: list[Any], kwargs: dict[str, Any]) -> None:
    call = msgspec.json.decode(encode_call("t", args, kwargs))
    assert call == {"args": args, "kwargs": kwargs}


async def test_values_come_back_as_their_annotated_types(
    broker: LedgerBroker, at_work: AtWork
) -> None:
    for number, (kind, _) in enumerate(TYPED):

        async def compare(given: kind, *, wanted: int) -> bool:
            return given == TYPED[wanted][1]

        broker.register_task(compare, f"compare {number}")
    async with at_work():
        for number, (kind, value) in enumerate(TYPED):
            task = broker.find_task(f"compare {number}")
            assert task is not None
            sent = await task.kiq(value, wanted=number)
            result = await sent.wait_result(timeout=60)
            assert result.return_value is True, (kind, result)


@pytest.mark.parametrize(
    ("value", "returned"),
    [
        (Order(number=1, placed=NOW), {"number": 1, "placed": "2024-05-01T12:30:00Z"}),
        (Point(1, 2), {"x": 1, "y": 2}),
        (Line(3), {"quantity": 3}),
        (Decimal("0.001"), "0.001"),
        (Colour.RED, "red"),
        (timedelta(minutes=1), "PT60S"),
        (ValueError("as a value"), "as a value"),
        (float("nan"), None),
        ((1, {2}), [1, [2]]),
    ],
)
def test_values_are_written_as_json(value: Any, returned: Any) -> None:
    call = msgspec.json.decode(encode_call("t", [value], {}))
    assert call["args"] == [returned]


@pytest.mark.parametrize(
    ("args", "kwargs", "culprit"),
    [
        ((1, object()), {}, "args[1]"),
        ((), {"order": {"items": [object()]}}, "order.items[0]"),
        ((), {"line": Line(object())}, "line.quantity"),  # type: ignore[arg-type]
        ((), {"point": [Point(1, object())]}, "point[0].y"),  # type: ignore[arg-type]
        (("\ud800",), {}, "args[0]"),
        ((), {"note": {1: "a", None: object}}, "note[None]"),
    ],
)
async def test_what_cannot_be_written_is_named(
    broker: LedgerBroker, args: tuple[Any, ...], kwargs: dict[str, Any], culprit: str
) -> None:
    @broker.task("send")
    async def send(*args: Any, **kwargs: Any) -> None: ...

    with pytest.raises(InvalidInput, match="send cannot be sent: ") as refusal:
        encode_call("send", args, kwargs)
    assert refusal.value.field == culprit
    with pytest.raises((InvalidInput, SendTaskError)) as error:
        await send.kiq(*args, **kwargs)
    sentence = error.value if isinstance(error.value, InvalidInput) else error.value.__cause__
    assert isinstance(sentence, InvalidInput)
    with pytest.raises(InvalidInput):
        await broker.enqueue_many(send, [kwargs or args])
    assert await broker.ledger.counts() == {}


async def test_what_cannot_be_written_is_named_as_the_task_names_it(broker: LedgerBroker) -> None:
    @broker.task("send")
    async def send(number: int, to: Any) -> None: ...

    with pytest.raises(SendTaskError) as error:
        await send.kiq(1, {"name": object()})
    assert isinstance(error.value.__cause__, InvalidInput)
    assert error.value.__cause__.field == "to.name"
    with pytest.raises(InvalidInput, match=r"^to.name: send cannot be sent: .* type object"):
        await broker.enqueue_many(send, [(1, {"name": object()})])


async def test_an_argument_that_contains_itself_is_refused(broker: LedgerBroker) -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(InvalidInput, match=r"^args\[0\]: "):
        encode_call("t", [endless], {})


def test_the_formatter_writes_the_call_and_reads_the_delivery() -> None:
    formatter = LedgerFormatter()
    message = TaskiqMessage(
        task_id="a",
        task_name="t",
        labels={"x": "1"},
        labels_types={"x": prepare_label(1)[1]},
        args=[1],
        kwargs={},
    )
    written = formatter.dumps(message)
    assert written.message == b'{"args":[1],"kwargs":{}}'
    assert written.labels == {"x": 1}
    read = formatter.loads(
        b'{"task_id":"a","task_name":"t","labels":{"x":1},"call":{"args":[1],"kwargs":{}}}'
    )
    assert (read.task_id, read.task_name, read.labels, read.args) == ("a", "t", {"x": 1}, [1])
