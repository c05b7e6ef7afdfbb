"""TaskIQ code as its users write it: context, dependencies, ids, labels, serializers."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import msgspec
import pytest
from taskiq import Context, NoResultError, TaskiqDepends, TaskiqEvents, TaskiqState
from taskiq.abc.serializer import TaskiqSerializer
from taskiq.exceptions import TaskRejectedError
from taskiq.formatters.json_formatter import JSONFormatter
from taskiq.formatters.proxy_formatter import ProxyFormatter
from taskiq.serializers import JSONSerializer
from workplace import AtWork, attempts, ended, enqueue, eventually, states

from horarium.database import Connection
from horarium.engine import JobId, LedgerBroker, State


class PackedSerializer(TaskiqSerializer):
    """MessagePack, which is not JSON and not even text."""

    def dumpb(self, value: Any) -> bytes:
        return msgspec.msgpack.encode(value)

    def loadb(self, value: bytes) -> Any:
        return msgspec.msgpack.decode(value)


async def test_a_job_may_be_sent_back_with_its_context(
    broker: LedgerBroker, at_work: AtWork
) -> None:
    runs: list[str | None] = []

    @broker.task
    async def again(n: int, context: Annotated[Context, TaskiqDepends()]) -> int:
        runs.append(context.message.labels.get("X-Taskiq-requeue"))
        if len(runs) < 3:
            await context.requeue()
        return n

    async with at_work():
        sent = await again.kiq(5)
        assert (await sent.wait_result(timeout=60)).return_value == 5
    assert runs == [None, "1", "2"]
    # It was asked for again, it did not fail.
    assert (await broker.ledger.show(sent.task_id)).attempt == 1
    assert await attempts(broker.ledger, sent.task_id) == []


async def test_a_job_may_be_rejected(broker: LedgerBroker, at_work: AtWork) -> None:
    @broker.task
    async def reject(context: Annotated[Context, TaskiqDepends()]) -> None:
        context.reject()

    @broker.task
    async def raise_it() -> None:
        raise TaskRejectedError

    async with at_work():
        for task in (reject, raise_it):
            sent = await task.kiq()
            job = await ended(broker.ledger, sent.task_id)
            assert job.state is State.CANCELLED
            assert job.error is not None
            assert job.error.message == "the task rejected its message"
            with pytest.raises(TaskRejectedError):
                (await sent.get_result()).raise_for_error()


async def test_a_job_may_have_no_result(broker: LedgerBroker, at_work: AtWork) -> None:
    @broker.task
    async def without() -> None:
        raise NoResultError

    async with at_work():
        result = await (await without.kiq()).wait_result(timeout=60)
    assert (result.is_err, result.return_value) == (False, None)


async def test_dependencies_are_resolved_and_closed(broker: LedgerBroker, at_work: AtWork) -> None:
    seen: list[str] = []

    def plain(context: Annotated[Context, TaskiqDepends()]) -> str:
        return f"plain {context.message.args[0]}"

    async def waits(state: Annotated[TaskiqState, TaskiqDepends()]) -> str:
        await asyncio.sleep(0)
        return f"waits {state.shop}"

    def opens() -> Iterator[str]:
        seen.append("opened")
        yield "opens"
        seen.append("closed")

    async def opens_and_waits(plain: Annotated[str, TaskiqDepends(plain)]) -> AsyncIterator[str]:
        try:
            yield f"opens after {plain}"
        except ValueError:
            seen.append("told of the error")
            raise
        finally:
            seen.append("closed at last")

    @broker.task
    async def gather(
        n: int,
        a: Annotated[str, TaskiqDepends(plain)],
        b: Annotated[str, TaskiqDepends(waits)],
        c: Annotated[str, TaskiqDepends(opens)],
        d: Annotated[str, TaskiqDepends(opens_and_waits)],
        job: JobId,
    ) -> list[str]:
        if n == 0:
            raise ValueError
        return [a, b, c, d, job]

    @broker.on_event(TaskiqEvents.CLIENT_STARTUP)
    async def begin(state: TaskiqState) -> None:
        state.shop = "open"

    await broker.startup()
    async with at_work():
        sent = await gather.kiq(1)
        result = await sent.wait_result(timeout=60)
        assert result.return_value == [
            "plain 1", "waits open", "opens", "opens after plain 1", sent.task_id,
        ]  # fmt: skip
        assert seen == ["opened", "closed at last", "closed"]
        assert (await (await gather.kiq(0)).wait_result(timeout=60)).is_err
    assert seen[3:] == ["opened", "told of the error", "closed at last"]


async def test_each_of_many_jobs_at_once_has_its_own_context(
    broker: LedgerBroker, at_work: AtWork
) -> None:
    async def slowly(context: Annotated[Context, TaskiqDepends()]) -> str:
        await asyncio.sleep(0.001)
        return context.message.task_id

    @broker.task
    async def ask(job: JobId, slow: Annotated[str, TaskiqDepends(slowly)]) -> list[str]:
        return [job, slow]

    async with at_work():
        sent = [await ask.kiq() for _ in range(40)]
        for each in sent:
            assert (await each.wait_result(timeout=60)).return_value == [each.task_id] * 2


async def test_a_dependency_that_falls_fails_the_job(broker: LedgerBroker, at_work: AtWork) -> None:
    def falls() -> None:
        raise LookupError("no such thing")

    @broker.task
    async def work(thing: Annotated[None, TaskiqDepends(falls)]) -> None: ...

    async with at_work():
        job = await ended(broker.ledger, (await work.kiq()).task_id)
    assert (job.error.type if job.error else None) == "LookupError"


async def test_the_caller_may_choose_the_id(broker: LedgerBroker, at_work: AtWork) -> None:
    runs: list[int] = []

    @broker.task
    async def work(n: int) -> int:
        runs.append(n)
        return n

    sent = await work.kicker().with_task_id("order 7 · confirmation").kiq(1)
    again = await work.kicker().with_task_id("order 7 · confirmation").kiq(2)
    assert sent.task_id == again.task_id == "order 7 · confirmation"
    async with at_work():
        assert (await again.wait_result(timeout=60)).return_value == 1
    assert runs == [1]


async def test_ids_of_the_broker_sort_by_time(broker: LedgerBroker) -> None:
    @broker.task
    async def work() -> None: ...

    ids = [(await work.kiq()).task_id for _ in range(20)]
    assert ids == sorted(ids)


async def test_labels_reach_the_task_with_their_types(
    broker: LedgerBroker, at_work: AtWork
) -> None:
    @broker.task(colour="red", size=3)
    async def tell(context: Annotated[Context, TaskiqDepends()]) -> dict[str, Any]:
        return dict(context.message.labels)

    async with at_work():
        sent = await tell.kicker().with_labels(size=4, exact=0.5, tags=["a"], sure=True).kiq()
        labels = (await sent.wait_result(timeout=60)).return_value
    assert labels == {"colour": "red", "size": 4, "exact": 0.5, "tags": ["a"], "sure": True}
    assert type(labels["size"]) is int


async def test_labels_choose_the_row(broker: LedgerBroker) -> None:
    @broker.task(queue="mail", priority=3, owner="ada")
    async def work() -> None: ...

    declared = await broker.ledger.show((await work.kiq()).task_id)
    called = await broker.ledger.show(
        (await work.kicker().with_labels(priority=9, queue="fast", delay=60).kiq()).task_id
    )
    assert (declared.queue, declared.priority, declared.owner) == ("mail", 3, "ada")
    assert (called.queue, called.priority, called.state) == ("fast", 9, State.SCHEDULED)
    assert declared.labels is None


async def test_many_calls_at_once(broker: LedgerBroker, at_work: AtWork) -> None:
    @broker.task
    async def add(a: int, b: int = 0) -> int:
        return a + b

    calls: list[Any] = [(1,), (1, 2), {"a": 3, "b": 4}]
    assert await broker.enqueue_many(add, calls, priority=2, note="x") == 3
    jobs = await broker.ledger.jobs()
    assert {job.priority for job in jobs} == {2}
    async with at_work():
        await eventually(broker.ledger.counts, {State.SUCCEEDED: 3})
    results = [bytes(job.result or b"") for job in await broker.ledger.jobs()]
    assert sorted(results) == [b"1", b"3", b"7"]


@pytest.mark.parametrize("how", ["json", "packed", "formatter"])
async def test_a_serializer_of_the_users_own_is_respected(
    broker: LedgerBroker, at_work: AtWork, connection: Connection, how: str
) -> None:
    if how == "formatter":
        broker.with_formatter(JSONFormatter())
    else:
        broker.with_serializer(JSONSerializer() if how == "json" else PackedSerializer())
        broker.with_formatter(ProxyFormatter(broker))

    @broker.task(max_retries=1, retry_delay=0.0, colour="red")
    async def work(a: int, context: Annotated[Context, TaskiqDepends()], b: str = "") -> list[Any]:
        if a == 0:
            raise ValueError
        return [a, b, context.message.labels["colour"], context.message.labels["size"]]

    sent = await work.kicker().with_labels(size=4).kiq(1, b="two")
    fallen = await work.kiq(0)
    row = await connection.fetchrow("select * from horarium.jobs where id = $1", sent.task_id)
    assert row["arguments"] is None
    assert sent.task_id.encode() in row["payload"]
    async with at_work():
        assert (await sent.wait_result(timeout=60)).return_value == [1, "two", "red", 4]
        assert (await ended(broker.ledger, fallen.task_id)).attempt == 2


async def test_a_job_that_was_kept_as_json_runs_under_another_formatter_too(
    broker: LedgerBroker, at_work: AtWork
) -> None:
    """The jobs of schedules are always kept so."""

    @broker.task("add")
    async def add(a: int, b: int) -> int:
        return a + b

    await enqueue(broker.ledger, "a", task="add", arguments=b'{"args":[1],"kwargs":{"b":2}}')
    broker.with_formatter(ProxyFormatter(broker))
    async with at_work():
        assert bytes((await ended(broker.ledger, "a")).result or b"") == b"3"


async def test_a_message_that_cannot_be_read_fails_and_is_kept(
    broker: LedgerBroker, at_work: AtWork
) -> None:
    broker.with_formatter(ProxyFormatter(broker))

    @broker.task("work")
    async def work() -> None: ...

    await enqueue(broker.ledger, "a", task="work", arguments=None, payload=b"\xff rubbish")
    async with at_work():
        job = await ended(broker.ledger, "a")
        assert (await (await work.kiq()).wait_result(timeout=60)).is_err is False
    assert job.state is State.FAILED
    assert job.error is not None


async def test_a_running_job_is_stopped_by_order(broker: LedgerBroker, at_work: AtWork) -> None:
    begun, how = asyncio.Event(), []

    @broker.task
    async def linger() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            how.append("stopped")
            raise

    async with at_work():
        sent = await linger.kiq()
        await begun.wait()
        await broker.ledger.cancel(sent.task_id, "")
        assert (await ended(broker.ledger, sent.task_id)).state is State.CANCELLED
    assert how == ["stopped"]


async def test_an_unknown_task_waits(broker: LedgerBroker, at_work: AtWork) -> None:
    await enqueue(broker.ledger, "a", task="unknown")
    async with at_work():
        await eventually(lambda: states(broker.ledger, "a"), ["scheduled"])
