"""Chains, groups and chords, as users send them, run by Horarium's worker and by TaskIQ's."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import create_async_engine
from taskiq import TaskiqMessage, TaskiqMiddleware
from taskiq.exceptions import SendTaskError
from taskiq.formatters.json_formatter import JSONFormatter
from workplace import AtWork, ended, eventually, states, working

from horarium import chain, chord, group
from horarium.database import Connection
from horarium.engine import Ledger, LedgerBroker, State
from horarium.engine.broker import completion
from horarium.engine.broker.results import JobFailed
from horarium.errors import Conflict, HorariumError, InvalidInput
from horarium.transaction import joined


class Tasks:
    """What the compositions below are made of."""

    def __init__(self, broker: LedgerBroker) -> None:
        self.seen: list[Any] = []

        @broker.task("add")
        async def add(x: int, y: int) -> int:
            return x + y

        @broker.task("total")
        async def total(numbers: list[int]) -> int:
            return sum(numbers)

        @broker.task("see")
        async def see(*args: Any, **kwargs: Any) -> None:
            self.seen.append((args, kwargs))

        @broker.task("fail")
        async def fail(*args: Any) -> None:
            raise ValueError("no")

        @broker.task("count", max_retries=2, retry_delay=0.0)
        async def twice(*args: Any) -> str:
            self.seen.append(args)
            if len(self.seen) == 1:
                raise ValueError("at first")
            return "well"

        self.add, self.total, self.see, self.fail, self.twice = add, total, see, fail, twice


@pytest.fixture
def tasks(broker: LedgerBroker) -> Tasks:
    return Tasks(broker)


async def test_each_step_of_a_chain_takes_the_former_result(tasks: Tasks, at_work: AtWork) -> None:
    async with at_work():
        batch = await chain(tasks.add.s(1, 2), tasks.add.s(10), tasks.add.s(y=100)).kiq()
        (result,) = await batch.wait_results(10)
        assert result.return_value == 113
        progress = await batch.wait(10)
    assert progress.states == {State.SUCCEEDED: 3}


async def test_a_chord_takes_the_results_in_their_order(tasks: Tasks, at_work: AtWork) -> None:
    async with at_work():
        batch = await chord(
            group(tasks.add.s(n, 0) for n in range(20)), tasks.see.s("by", name="x")
        ).kiq()
        await batch.wait(10)
    assert tasks.seen == [((list(range(20)), "by"), {"name": "x"})]


async def test_compositions_of_compositions(tasks: Tasks, at_work: AtWork) -> None:
    add, total = tasks.add, tasks.total
    inner = chain(add.s(1, 1), group(add.s(10), chain(add.s(20), add.s(30))), total.s())
    async with at_work():
        batch = await chain(group(inner, add.s(5, 5)), total.s(), add.s(1000)).kiq()
        (result,) = await batch.wait_results(10)
    assert result.return_value == (2 + 10) + (2 + 20 + 30) + 10 + 1000


async def test_an_immutable_call_takes_nothing(tasks: Tasks, at_work: AtWork) -> None:
    async with at_work():
        batch = await chain(tasks.add.s(1, 2), tasks.see.si("just this")).kiq()
        await batch.wait(10)
    assert tasks.seen == [(("just this",), {})]


async def test_results_of_a_group_come_in_its_order(tasks: Tasks, at_work: AtWork) -> None:
    async with at_work():
        batch = await group(tasks.add.s(n, n) for n in range(5)).kiq()
        assert [each.return_value for each in await batch.wait_results(10)] == [0, 2, 4, 6, 8]


async def test_none_is_a_result(tasks: Tasks, at_work: AtWork) -> None:
    async with at_work():
        batch = await chain(tasks.see.s(), tasks.see.s()).kiq()
        await batch.wait(10)
    assert tasks.seen == [((), {}), ((None,), {})]


async def test_each_attempt_takes_the_results_once(tasks: Tasks, at_work: AtWork) -> None:
    async with at_work():
        batch = await chain(tasks.add.s(1, 2), tasks.twice.s("x")).kiq()
        assert [each.return_value for each in await batch.wait_results(10)] == ["well"]
    assert tasks.seen == [(3, "x"), (3, "x")]


async def test_a_message_that_is_sent_again_by_a_middleware_has_its_results(
    broker: LedgerBroker, tasks: Tasks, at_work: AtWork
) -> None:
    from taskiq.middlewares import SimpleRetryMiddleware

    broker.add_middlewares(SimpleRetryMiddleware())
    async with at_work():
        second = tasks.twice.s("x").with_labels(retry_on_error=True, max_retries=3)
        batch = await chain(tasks.add.s(1, 2), second).kiq()
        await batch.wait(10)
    assert tasks.seen == [(3, "x"), (3, "x")]


async def test_a_task_does_not_see_how_its_call_was_completed(
    broker: LedgerBroker, tasks: Tasks, at_work: AtWork
) -> None:
    seen: list[dict[str, Any]] = []

    class Look(TaskiqMiddleware):
        def pre_execute(self, message: TaskiqMessage) -> TaskiqMessage:
            seen.append(message.labels)
            return message

    broker.add_middlewares(Look())
    async with at_work():
        batch = await chain(tasks.add.s(1, 2), tasks.see.s().with_labels(mine="yes")).kiq()
        await batch.wait(10)
    assert seen[1]["mine"] == "yes"
    assert completion.TAKES not in seen[1]


async def test_a_formatter_of_the_users_is_respected(
    broker: LedgerBroker, tasks: Tasks, at_work: AtWork
) -> None:
    broker.with_formatter(JSONFormatter())
    async with at_work():
        batch = await chord(group(tasks.add.s(1, 2), tasks.add.s(3, 4)), tasks.total.s()).kiq()
        (result,) = await batch.wait_results(10)
    assert result.return_value == 10


# Failures


async def test_a_failure_stops_a_chain_and_names_the_job(tasks: Tasks, at_work: AtWork) -> None:
    async with at_work():
        first = tasks.fail.s().with_task_id("first")
        batch = await chain(first, tasks.see.s(), tasks.see.s()).kiq()
        progress = await batch.wait(10)
        (result,) = await batch.wait_results(10)
    assert progress.states == {State.FAILED: 1, State.CANCELLED: 2}
    assert isinstance(result.error, JobFailed)
    assert "job 'first' failed" in str(result.error)
    assert tasks.seen == []


async def test_a_chord_that_continues_takes_none_for_what_failed(
    tasks: Tasks, at_work: AtWork
) -> None:
    async with at_work():
        parts = group(tasks.add.s(1, 2), tasks.fail.s(), tasks.add.s(3, 4))
        batch = await chord(parts, tasks.see.s(), on_failure="continue").kiq()
        await batch.wait(10)
    assert tasks.seen == [(([3, None, 7],), {})]


async def test_the_callback_of_a_chord_stops_when_one_fails(tasks: Tasks, at_work: AtWork) -> None:
    async with at_work():
        parts = group(tasks.add.s(1, 2), tasks.fail.s())
        batch = await chord(parts, tasks.see.s()).kiq()
        progress = await batch.wait(10)
    assert progress.states == {State.SUCCEEDED: 1, State.FAILED: 1, State.CANCELLED: 1}


@pytest.mark.parametrize(
    ("wound", "says"),
    [
        ("delete from horarium.job_history", "'first' is not kept any more"),
        ("update horarium.job_history set result = null", "succeeded, but left no result"),
        ("delete from horarium.dependencies", "is not kept any more, and its results with it"),
        (
            "update horarium.job_history set state = 'failed', error = '{}', result = null",
            "did not succeed: it is failed",
        ),
        (
            "update horarium.job_history set result = to_jsonb(repeat('x', 9000000))",
            "have 9,000,002 bytes; a job takes at most 8,388,608",
        ),
    ],
)
async def test_results_that_cannot_be_had_end_the_job_in_words(
    wound: str,
    says: str,
    broker: LedgerBroker,
    ledger: Ledger,
    tasks: Tasks,
    connection: Connection,
) -> None:
    second = tasks.see.s().with_labels(queue="later").with_task_id("second")
    await chain(tasks.add.s(1, 2).with_task_id("first"), second).kiq()
    async with working(broker.worker(queues=["default"])):
        await ended(ledger, "first")
    await connection.execute(wound)
    async with working(broker.worker(queues=["later"])):
        job = await ended(ledger, "second")
    assert job.error is not None
    assert (job.state, job.error.type) == ("failed", "ResultsNotAvailable")
    assert says in job.error.message
    assert tasks.seen == []


async def test_a_result_that_is_being_made_again_is_waited_for(
    broker: LedgerBroker, ledger: Ledger, tasks: Tasks, connection: Connection
) -> None:
    second = tasks.see.s().with_labels(queue="later").with_task_id("second")
    await chain(tasks.add.s(1, 2).with_task_id("first"), second).kiq()
    async with working(broker.worker(queues=["default"])):
        await ended(ledger, "first")
    await ledger.run_again("first")
    async with working(broker.worker(queues=["later"])):

        async def put_off() -> bool:
            return await states(ledger, "second") == ["scheduled"]

        await eventually(put_off)
    assert "being run again" in (await ledger.explain("second")).findings[0].why


# Free dependencies


async def test_a_call_waits_for_others(tasks: Tasks, ledger: Ledger, at_work: AtWork) -> None:
    first = await tasks.add.kiq(1, 2)
    second = await tasks.fail.kiq()
    third = await tasks.see.after(first, second.task_id, on_failure="continue").kiq("third")
    fourth = await tasks.see.kicker().after(third).kiq("fourth")
    assert await states(ledger, third.task_id, fourth.task_id) == ["waiting", "waiting"]
    async with at_work():
        await fourth.wait_result(timeout=60)
    assert tasks.seen == [(("third",), {}), (("fourth",), {})]


async def test_a_call_waits_for_a_batch(tasks: Tasks, ledger: Ledger, at_work: AtWork) -> None:
    batch = await group(tasks.add.s(1, 2), chain(tasks.add.s(1, 2), tasks.fail.s())).kiq()
    stopped = await tasks.see.after(batch).kiq()
    late = await chain(tasks.see.s(), tasks.see.s()).kiq(after=[batch], on_failure="continue")
    async with at_work():
        progress = await late.wait(10)
        await stopped.wait_result(timeout=60)
    assert progress.states == {State.SUCCEEDED: 2}
    assert await states(ledger, stopped.task_id) == ["cancelled"]


async def test_a_call_waits_for_the_task_that_sends_it(
    broker: LedgerBroker, tasks: Tasks, ledger: Ledger, at_work: AtWork
) -> None:
    from horarium.engine import JobConnection, JobId

    @broker.task("parent")
    async def parent(connection: JobConnection, id: JobId) -> str:
        sent = await tasks.see.after(id).kiq("child")
        assert await states(ledger, sent.task_id) == ["waiting"]
        return sent.task_id

    async with at_work():
        sent = await parent.kiq()
        child = (await sent.wait_result(timeout=60)).return_value
        assert (await ended(ledger, child)).state == "succeeded"


# Batches


async def test_a_batch_has_a_name_an_owner_and_progress(
    tasks: Tasks, ledger: Ledger, broker: LedgerBroker
) -> None:
    batch = await group(tasks.add.s(n, n) for n in range(3)).kiq(name="sums", owner="ada")
    shown = await broker.batch(batch.id).show()
    assert (shown.name, shown.owner, shown.kind, shown.total) == ("sums", "ada", "group", 3)
    assert {(await ledger.show(id)).owner for id in batch.ends} == {"ada"}
    assert (await batch.progress()).done == 0
    with pytest.raises(HorariumError, match="known only to the handle"):
        await broker.batch(batch.id).wait_results()
    assert (await batch.cancel("enough")).cancelled == 3
    assert (await batch.wait(1)).states == {State.CANCELLED: 3}
    with pytest.raises(TimeoutError):
        await (await group(tasks.add.s(1, 1)).kiq()).wait(0.05)


async def test_waiting_for_a_batch_is_woken_by_notification(
    tasks: Tasks, broker: LedgerBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    from horarium.engine.broker import results

    monkeypatch.setattr(results, "_LOOK_AGAIN", 3600.0)
    batch = await chord(group(tasks.add.s(n, 0) for n in range(50)), tasks.total.s()).kiq()
    waiting = asyncio.create_task(batch.wait(10))
    async with working(broker.worker()):
        assert (await waiting).done == 51


async def test_a_chord_of_a_thousand(tasks: Tasks, broker: LedgerBroker) -> None:
    batch = await chord(group(tasks.add.s(n, 0) for n in range(1000)), tasks.total.s()).kiq()
    async with working(broker.worker()):
        (result,) = await batch.wait_results(30)
    assert result.return_value == sum(range(1000))


async def test_two_workers_finish_a_chord(tasks: Tasks, broker: LedgerBroker) -> None:
    batch = await chord(group(tasks.add.s(n, 0) for n in range(300)), tasks.total.s()).kiq()
    async with working(broker.worker(slots=5)), working(broker.worker(slots=5)):
        (result,) = await batch.wait_results(30)
    assert result.return_value == sum(range(300))


async def test_a_composition_goes_with_the_callers_transaction(
    tasks: Tasks, broker: LedgerBroker, ledger: Ledger
) -> None:
    with pytest.raises(RuntimeError):
        async with ledger.database.transaction():
            gone = await chain(tasks.add.s(1, 2), tasks.add.s(3)).kiq()
            raise RuntimeError
    assert await ledger.jobs() == []
    assert (await broker.batches.page())[1] == 0
    assert gone.ends


async def test_a_composition_joins_a_transaction_of_sqlalchemys(
    tasks: Tasks, broker: LedgerBroker, database_url: str, at_work: AtWork
) -> None:
    engine = create_async_engine(database_url.replace("postgresql:", "postgresql+asyncpg:"))
    first = await tasks.add.kiq(0, 0)
    async with engine.begin() as session:
        await session.exec_driver_sql("select 1")
        raw = await session.get_raw_connection()
        with joined(raw.driver_connection, borrowed=True):
            parts = group(tasks.add.s(1, 2), tasks.add.s(3, 4))
            batch = await chord(parts, tasks.total.s()).kiq(after=[first])
            late = await tasks.see.after(batch).kiq()
            assert (await batch.progress()).states == {State.WAITING: 3}
    await engine.dispose()
    async with at_work():
        (result,) = await batch.wait_results(10)
        await late.wait_result(timeout=60)
    assert result.return_value == 10


async def test_a_group_is_gone_through_some_at_a_time(
    tasks: Tasks, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    from horarium.engine.jobs import dependents

    made, most = 0, 0
    record = dependents.record

    def calls() -> Iterator[Any]:
        nonlocal made
        for n in range(7000):
            made += 1
            yield tasks.add.si(n, n)

    async def watched(*args: Any) -> set[str]:
        nonlocal made, most
        most, made = max(most, made), 0
        return await record(*args)

    monkeypatch.setattr(dependents, "record", watched)
    await group(calls()).kiq()
    assert (await ledger.counts())[State.QUEUED] == 7000
    assert most <= 2001


async def test_middlewares_see_what_is_sent(broker: LedgerBroker, tasks: Tasks) -> None:
    seen: list[tuple[str, str]] = []

    class Look(TaskiqMiddleware):
        async def pre_send(self, message: TaskiqMessage) -> TaskiqMessage:
            seen.append(("before", message.task_name))
            message.labels["trace"] = "abc"
            return message

        def post_send(self, message: TaskiqMessage) -> None:
            seen.append(("after", message.task_name))

    broker.add_middlewares(Look())
    batch = await chain(tasks.add.s(1, 2), tasks.total.s()).kiq()
    assert seen == [("before", "add"), ("before", "total"), ("after", "add"), ("after", "total")]
    job = await broker.ledger.show(batch.ends[0])
    assert json.loads(bytes(job.labels or b"{}")) == {"trace": "abc", completion.TAKES: "one"}


async def test_labels_of_a_call_count(broker: LedgerBroker, ledger: Ledger, tasks: Tasks) -> None:
    call = tasks.add.s(1, 2).with_labels(queue="sums", priority=5).with_task_id("mine")
    await group(call).kiq()
    job = await ledger.show("mine")
    assert (job.queue, job.priority) == ("sums", 5)


async def test_limits_count_arguments_by_their_place_behind_the_result(
    broker: LedgerBroker, connection: Connection
) -> None:
    @broker.task("fetch", concurrency_limit={"limit": 1, "key": "host"})
    async def fetch(former: str, host: str) -> str:
        return former + host

    @broker.task("plain")
    async def plain() -> str:
        return ""

    alone = await fetch.kiq("x", "example.org")
    batch = await chain(plain.s(), fetch.s("example.org")).kiq()
    keys = await connection.fetch(
        "select distinct limits ->> 'concurrency_key' from horarium.jobs where id = any ($1)",
        [alone.task_id, *batch.ends],
    )
    assert len(keys) == 1

    @broker.task("first", concurrency_limit={"limit": 1, "key": "host"})
    async def first(host: str) -> None: ...

    with pytest.raises(InvalidInput, match="not known yet"):
        await chain(plain.s(), first.s()).kiq()
    assert await chain(plain.s(), first.si("example.org")).kiq()


# What is refused


async def test_what_cannot_be_composed_is_refused_in_words(
    broker: LedgerBroker, tasks: Tasks, ledger: Ledger
) -> None:
    @broker.task("once", unique=True)
    async def once() -> None: ...

    for make, says in (
        (lambda: chain(), "it has no steps"),
        (lambda: group(), "it has no members"),
        (lambda: group([]), "it has no members"),
        (lambda: group(5), "neither a call nor a number of them"),
        (lambda: chain(tasks.add.s(1, 2), 5), "cannot be part of one"),
        (lambda: chain(tasks.add), "cannot be part of one"),
        (lambda: chain(tasks.add.s(), on_failure="stopp"), "it takes 'stop' and 'continue'"),
        (lambda: chord(tasks.add.s(1, 2), tasks.total.s()), r"has to be a group\(…\)"),
    ):
        with pytest.raises(InvalidInput, match=says):
            make()  # type: ignore[no-untyped-call]
    for composition, says in (
        (chain(once.s()), "unique job can be neither"),
        (chain(tasks.add.s(object(), 2)), "cannot be written as JSON"),
        (chain(tasks.add.s(1, 2).with_labels(after=["x"])), "its place says that"),
        (chain(tasks.add.s(1, 2).with_labels(priority="x")), "priority"),
    ):
        with pytest.raises(InvalidInput, match=says):
            await composition.kiq()
    with pytest.raises(InvalidInput, match="no job 'never'"):
        await chain(tasks.add.s(1, 2)).kiq(after=["never"])
    with pytest.raises(InvalidInput, match="is no job"):
        await tasks.add.after(5).kiq(1, 2)
    sent = await tasks.add.kiq(1, 2)
    for kicker, says in (
        (once.after(sent), "a unique job can be neither"),
        (tasks.add.after("never"), "no job 'never'"),
        (tasks.add.kicker().with_labels(after="x"), "it takes a list of jobs"),
        (tasks.add.kicker().with_labels(after={"jobs": ["x"], "on": 1}), "it takes a list of jobs"),
    ):
        # As with everything that a kicker cannot send.
        with pytest.raises(SendTaskError) as error:
            await kicker.kiq()
        assert says in str(error.value.__cause__)
    for after, says in (
        (["never"], "no job 'never'"),
        ([], "names no job"),
        ("x", "it takes a list of jobs"),
        ([5], "it takes a list of jobs"),
        ({"jobs": [sent], "on_failure": "go on"}, "one of stop and continue"),
    ):
        with pytest.raises(InvalidInput, match=says):
            await broker.enqueue_many(tasks.add, [(1, 2)], after=after)
    with pytest.raises(InvalidInput, match="a unique job can be neither"):
        await broker.enqueue_many(once, [()], after=[sent])
    with pytest.raises(Conflict, match="twice"):
        twice = tasks.add.s(1, 2).with_task_id("one")
        await group(twice, twice).kiq()
    assert len(await ledger.jobs()) == 1


async def test_many_calls_wait_for_the_same_others(
    broker: LedgerBroker, tasks: Tasks, ledger: Ledger, at_work: AtWork
) -> None:
    first = await tasks.add.kiq(1, 2)
    batch = await group(tasks.add.s(n, 0) for n in range(3)).kiq()
    sent = await broker.enqueue_many(
        tasks.see, [(n,) for n in range(50)], after=[first, batch, first.task_id], owner="ada"
    )
    assert sent == 50
    assert await ledger.counts() == {State.QUEUED: 4, State.WAITING: 50}
    async with at_work():
        await eventually(ledger.counts, {State.SUCCEEDED: 54})
    assert sorted(args for args, _ in tasks.seen) == [(n,) for n in range(50)]
    # Those that it waits for have ended already.
    await broker.enqueue_many(tasks.see, [{"of": "late"}], after=[first])
    async with at_work():
        await eventually(ledger.counts, {State.SUCCEEDED: 55})


async def test_many_calls_end_with_what_they_wait_for(
    broker: LedgerBroker, tasks: Tasks, ledger: Ledger
) -> None:
    failing = await tasks.fail.kiq()
    await broker.enqueue_many(tasks.see, [("stopped",)] * 20, after=[failing])
    going_on = {"jobs": [failing], "on_failure": "continue"}
    await broker.enqueue_many(tasks.see, [("went on",)] * 3, after=going_on)
    async with working(broker.worker()):
        await eventually(ledger.counts, {State.FAILED: 1, State.CANCELLED: 20, State.SUCCEEDED: 3})
    assert [args for args, _ in tasks.seen] == [("went on",)] * 3


async def test_calls_of_two_brokers_do_not_mix(
    broker: LedgerBroker, tasks: Tasks, ledger: Ledger
) -> None:
    from horarium.events import Events

    other = Tasks(LedgerBroker(ledger, broker.settings, Events()))
    with pytest.raises(InvalidInput, match="belongs to another broker"):
        await chain(tasks.add.s(1, 2), other.add.s(3)).kiq()


@pytest.fixture(autouse=True)
async def _settled(ledger: Ledger) -> AsyncIterator[None]:
    """Whatever happens above, no job is left to wait for one that has ended."""
    yield
    async with ledger.database.connection() as connection:
        left = await connection.fetch(
            "select id from horarium.jobs j where waits_for is distinct from nullif((select "
            "count(*) from horarium.dependencies d where d.job = j.id and d.open), 0)"
        )
        if not await connection.fetchval("select count(*) = 0 from horarium.dependencies"):
            assert left == []
