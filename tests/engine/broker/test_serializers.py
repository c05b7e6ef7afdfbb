"""How calls are kept: JSON, MessagePack, a user's own serializer; and pickle, which never is."""

import pickle
from pathlib import Path
from typing import Any

import msgspec
import pytest
from argument_types import ROUND_TRIPS, Point
from taskiq.abc.serializer import TaskiqSerializer
from taskiq.serializers import PickleSerializer
from workplace import AtWork, ended, enqueue

from horarium.database import Connection
from horarium.engine import InlineBroker, Ledger, LedgerBroker, State
from horarium.errors import InvalidInput
from horarium.events import Events
from horarium.settings import Settings

FOOTPRINT: list[str] = []


async def test_a_task_may_choose_messagepack(
    broker: LedgerBroker, at_work: AtWork, connection: Connection
) -> None:
    @broker.task(serializer="msgpack")
    async def take(data: Any, point: Point, *, plain: bytes) -> list[Any]:
        return [repr(data), repr(point), repr(plain)]

    sent = await take.kiq(b"\x00\xff", Point(1), plain=b"\xfe")
    row = await connection.fetchrow("select * from horarium.jobs where id = $1", sent.task_id)
    assert row["arguments"] is None
    assert row["payload"].startswith(b"msgpack\n")
    assert row["labels"] is None
    shown = msgspec.json.decode((await broker.ledger.show(sent.task_id)).arguments or b"")
    assert shown == {"args": ["AP8=", {"x": 1, "y": 0}], "kwargs": {"plain": "/g=="}}
    async with at_work():
        result = await sent.wait_result(timeout=60)
    # Bytes survive where nothing says that they are bytes.
    assert result.return_value == [repr(b"\x00\xff"), repr(Point(1)), repr(b"\xfe")]
    ended_job = await broker.ledger.show(sent.task_id)
    assert ended_job.arguments is not None


async def test_every_type_comes_back_from_messagepack(
    broker: LedgerBroker, at_work: AtWork
) -> None:
    for number, (kind, _) in enumerate(ROUND_TRIPS):

        async def compare(given: kind, wanted: int) -> bool:
            value = ROUND_TRIPS[wanted][1]
            return given == value and (type(given) is type(value) or type(value) is int)

        broker.register_task(compare, f"compare {number}", serializer="msgpack")
    async with at_work():
        for number, (kind, value) in enumerate(ROUND_TRIPS):
            if value == 2**63 + 1:
                continue
            task = broker.find_task(f"compare {number}")
            assert task is not None
            result = await (await task.kiq(value, wanted=number)).wait_result(timeout=60)
            assert result.return_value is True, (kind, value, result)


async def test_workers_of_either_setting_read_both(
    ledger: Ledger, settings: Settings, at_work: AtWork, broker: LedgerBroker
) -> None:
    packing = LedgerBroker(
        ledger, msgspec.structs.replace(settings, serializer="msgpack"), Events()
    )
    for each in (broker, packing):

        @each.task("double", unique={"fields": ["n"]}, concurrency_limit={"limit": 1, "key": "n"})
        async def double(n: int) -> int:
            return 2 * n

    packed = packing.find_task("double")
    assert packed is not None
    sent = await packed.kiq(1)
    assert (await double.kicker().with_broker(broker).kiq(1)).task_id == sent.task_id
    assert await packing.enqueue_many(packed, [(2,), {"n": 3}, (1,)]) == 2
    as_json = await packed.kicker().with_labels(serializer="json").kiq(4)
    async with at_work():
        assert (await sent.wait_result(timeout=60)).return_value == 2
        assert (await as_json.wait_result(timeout=60)).return_value == 8
    assert {job.state for job in await ledger.jobs()} <= {State.SUCCEEDED, State.RUNNING}


async def test_a_wrong_choice_is_refused(broker: LedgerBroker) -> None:
    with pytest.raises(InvalidInput, match="serializer: 'yaml' cannot be used; it takes json or"):

        @broker.task(serializer="yaml")
        async def take() -> None: ...


async def test_what_messagepack_cannot_hold_is_named(broker: LedgerBroker) -> None:
    @broker.task("take", serializer="msgpack")
    async def take(n: Any) -> None: ...

    for value in (2**70, object()):
        with pytest.raises(InvalidInput, match=r"^n.deep: take cannot be sent: "):
            await broker.enqueue_many(take, [({"deep": value},)])


class Reversed(TaskiqSerializer):
    def dumpb(self, value: Any) -> bytes:
        return msgspec.json.encode(value)[::-1]

    def loadb(self, value: bytes) -> Any:
        return msgspec.json.decode(value[::-1])


async def test_a_users_serializer_needs_no_formatter(
    broker: LedgerBroker, at_work: AtWork, connection: Connection
) -> None:
    broker.with_serializer(Reversed())

    @broker.task
    async def move(point: Point) -> int:
        return point.x

    sent = await move.kiq(Point(4))
    payload = await connection.fetchval("select payload from horarium.jobs")
    assert payload.endswith(b"{")
    async with at_work():
        assert (await sent.wait_result(timeout=60)).return_value == 4


def test_pickle_is_refused_where_it_is_chosen() -> None:
    broker = InlineBroker()
    with pytest.raises(InvalidInput, match="serializer: pickle is never read"):
        broker.with_serializer(PickleSerializer())
    with pytest.raises(InvalidInput, match="use JSON or MessagePack"):
        broker.serializer = PickleSerializer()


class Trap:
    def __reduce__(self) -> Any:
        return FOOTPRINT.append, ("was here",)


class Sly(TaskiqSerializer):
    """A user's own way round the refusal."""

    dumpb = staticmethod(pickle.dumps)  # type: ignore[assignment]
    loadb = staticmethod(pickle.loads)  # type: ignore[assignment]


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
async def test_a_message_that_is_a_pickle_is_not_read(
    broker: LedgerBroker, at_work: AtWork, protocol: int
) -> None:
    broker.with_serializer(Sly())

    @broker.task("work")
    async def work() -> None: ...

    trap = pickle.dumps(Trap(), protocol)
    await enqueue(broker.ledger, "a", task="work", arguments=None, payload=trap)
    async with at_work():
        job = await ended(broker.ledger, "a")
    assert job.state is State.FAILED
    assert job.error is not None
    assert (job.error.type, job.attempt) == ("PickleRefused", 1)
    assert "never read" in job.error.message
    assert FOOTPRINT == []


def test_no_module_of_ours_can_read_pickle() -> None:
    """But for what a worker and the processes that it has started itself say to each other."""
    source = Path(__file__).parents[3] / "src"
    users = [path for path in source.rglob("*.py") if "pickle.load" in path.read_text("utf-8")]
    assert [path.name for path in users] == ["pool_call.py"]
