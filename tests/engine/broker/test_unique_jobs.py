"""Calls that are the same: one job, and who calls again is told which."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Annotated, Any

import msgspec
import pytest
from taskiq import Context, TaskiqDepends
from taskiq.formatters.json_formatter import JSONFormatter
from taskiq.kicker import AsyncKicker
from workplace import ended, eventually, states, working

from horarium.database import Connection, Database
from horarium.engine import JobId, Ledger, LedgerBroker, Snooze
from horarium.engine.worker.lease import tidy
from horarium.errors import InvalidInput


async def unfinished(ledger: Ledger) -> list[Any]:
    jobs = await ledger.jobs(count=100)
    return [msgspec.json.decode(job.arguments or b"") for job in jobs if not job.state.final]


async def test_a_second_call_is_told_which_job_is_there(broker: LedgerBroker) -> None:
    @broker.task(unique=True)
    async def scan(shop: int, deep: bool = False) -> None: ...

    first = await scan.kiq(1)
    assert first.is_new
    for again in (
        await scan.kiq(1),
        await scan.kiq(shop=1),
        await scan.kiq(1, False),
        await scan.kiq(deep=False, shop=1),
        await scan.kicker().with_task_id("own").kiq(1),
    ):
        assert (again.task_id, again.is_new) == (first.task_id, False)
    assert (await scan.kiq(2)).is_new
    assert (await scan.kiq(1, True)).is_new
    assert (await scan.kicker().with_labels(unique=False).kiq(1)).is_new
    assert len(await unfinished(broker.ledger)) == 4


async def test_only_the_chosen_fields_count(broker: LedgerBroker) -> None:
    @broker.task(unique={"fields": ["shop"]})
    async def scan(shop: int, since: int) -> None: ...

    first = await scan.kiq(1, since=5)
    assert (await scan.kiq(1, 6)).task_id == first.task_id
    assert (await scan.kiq(2, 5)).is_new


async def test_dependencies_do_not_count(broker: LedgerBroker) -> None:
    @broker.task(unique=True)
    async def scan(
        shop: int, job: JobId, context: Annotated[Context, TaskiqDepends()], deep: bool = False
    ) -> None: ...

    first = await scan.kiq(1)
    assert (await scan.kiq(shop=1)).task_id == first.task_id
    assert (await scan.kiq(1, deep=True)).is_new


async def test_the_waiting_caller_gets_the_result_of_the_job_that_is_there(
    broker: LedgerBroker,
) -> None:
    @broker.task(unique=True)
    async def count(n: int) -> int:
        return n

    first, second = await count.kiq(7), await count.kiq(7)
    async with working(broker.worker()):
        assert (await second.wait_result(timeout=60)).return_value == 7
        # It has ended: the next call makes another.
        third = await count.kiq(7)
        assert third.is_new
        assert third.task_id != first.task_id
        await ended(broker.ledger, third.task_id)


async def test_a_running_job_counts_only_where_it_was_chosen(broker: LedgerBroker) -> None:
    gate = asyncio.Event()

    async def hold() -> None:
        await gate.wait()

    always = broker.task("always", unique=True)(hold)
    until_it_begins = broker.task(
        "until it begins", unique={"states": ["scheduled", "queued", "retrying"]}
    )(hold)
    async with working(broker.worker()):
        sent = [await always.kiq(), await until_it_begins.kiq()]
        ids = [each.task_id for each in sent]
        await eventually(lambda: states(broker.ledger, *ids), ["running", "running"])
        assert not (await always.kiq()).is_new
        assert (await until_it_begins.kiq()).is_new
        gate.set()


async def test_a_snoozed_job_is_there(broker: LedgerBroker) -> None:
    @broker.task(unique=True)
    async def later() -> Snooze:
        return Snooze(60)

    sent = await later.kiq()
    async with working(broker.worker()):
        await eventually(lambda: states(broker.ledger, sent.task_id), ["scheduled"])
    assert (await later.kiq()).task_id == sent.task_id


async def test_a_period_outlives_success_and_ends(
    broker: LedgerBroker, connection: Connection
) -> None:
    @broker.task(unique={"period": 3600})
    async def greet(name: str) -> None:
        if name == "nobody":
            raise ValueError(name)

    ada, nobody = await greet.kiq("Ada"), await greet.kiq("nobody")
    async with working(broker.worker()):
        await ended(broker.ledger, ada.task_id)
        await ended(broker.ledger, nobody.task_id)
    assert (await greet.kiq("Ada")).task_id == ada.task_id
    # One that failed may be called for again at once.
    assert (await greet.kiq("nobody")).is_new
    await connection.execute("update horarium.unique_jobs set until = now()")
    assert (await greet.kiq("Ada")).is_new


async def test_cancelling_makes_room(broker: LedgerBroker) -> None:
    @broker.task(unique=True)
    async def scan() -> None: ...

    first = await scan.kiq()
    await broker.ledger.cancel(first.task_id, "enough")
    second = await scan.kiq()
    assert second.is_new
    assert (await scan.kiq()).task_id == second.task_id


async def test_an_undone_transaction_leaves_no_key(broker: LedgerBroker) -> None:
    @broker.task(unique=True)
    async def scan() -> None: ...

    with pytest.raises(RuntimeError):
        async with broker.ledger.database.transaction():
            assert (await scan.kiq()).is_new
            assert not (await scan.kiq()).is_new
            raise RuntimeError
    assert (await scan.kiq()).is_new


async def test_an_id_of_another_job_takes_no_key(broker: LedgerBroker) -> None:
    @broker.task
    async def plain() -> None: ...

    @broker.task(unique=True)
    async def scan() -> None: ...

    await plain.kicker().with_task_id("taken").kiq()
    sent = await scan.kicker().with_task_id("taken").kiq()
    assert (sent.task_id, sent.is_new) == ("taken", False)
    assert (await scan.kiq()).is_new


@pytest.fixture
async def crowd(database_url: str) -> AsyncIterator[Database]:
    """Twenty connections."""
    database = Database(database_url, size=20)
    yield database
    await database.close()


async def test_twenty_callers_at_once_make_one_job(
    broker: LedgerBroker, crowd: Database, connection: Connection
) -> None:
    @broker.task(unique=True)
    async def scan(shop: int) -> None: ...

    broker.ledger.database = crowd
    for shop in range(10):
        sent = await asyncio.gather(*(scan.kiq(shop) for _ in range(20)))
        assert sum(each.is_new for each in sent) == 1
        assert len({each.task_id for each in sent}) == 1
    assert await connection.fetchval("select count(*) from horarium.jobs") == 10


async def test_callers_at_once_while_jobs_end(
    broker: LedgerBroker, crowd: Database, connection: Connection
) -> None:
    """Never two at a time, and whatever is called for is run after the call."""
    running, most, ran = 0, 0, 0

    @broker.task(unique=True)
    async def scan() -> None:
        nonlocal running, most, ran
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        ran += 1

    broker.ledger.database = crowd
    async with working(broker.worker()), working(broker.worker()):
        for _ in range(15):
            sent = await asyncio.gather(*(scan.kiq() for _ in range(20)))
            await asyncio.gather(*(each.wait_result(timeout=60) for each in sent))
    made = await connection.fetchval("select count(*) from horarium.job_history")
    assert (most, ran) == (1, made)
    await broker.result_backend.shutdown()


async def test_of_many_calls_the_duplicates_are_left_out_and_counted(
    broker: LedgerBroker, crowd: Database
) -> None:
    @broker.task(unique={"fields": ["shop"]})
    async def scan(shop: int, why: str = "") -> None: ...

    broker.ledger.database = crowd
    await scan.kiq(3)
    assert await broker.enqueue_many(scan, [(n % 10,) for n in range(100)]) == 9
    made = await asyncio.gather(
        *(broker.enqueue_many(scan, [{"shop": n} for n in order]) for order in _orders())
    )
    assert sum(made) == 40
    assert len(await unfinished(broker.ledger)) == 50


def _orders() -> list[list[int]]:
    shops = list(range(50))
    return [shops[n:] + shops[:n] for n in range(0, 50, 10)] + [shops[::-1]]


# Debounce


async def test_the_last_call_wins(broker: LedgerBroker) -> None:
    @broker.task(debounce=60)
    async def index(page: int) -> None: ...

    first = await index.kiq(1)
    due = (await broker.ledger.show(first.task_id)).due_at
    second = await index.kicker().with_labels(priority=5, owner="ada").kiq(page=2)
    assert (first.is_new, second.is_new, second.task_id) == (True, False, first.task_id)
    job = await broker.ledger.show(first.task_id)
    assert msgspec.json.decode(job.arguments or b"") == {"args": [], "kwargs": {"page": 2}}
    assert (job.state, job.priority, job.owner) == ("scheduled", 5, "ada")
    assert job.due_at > due
    assert job.due_at - job.enqueued_at >= timedelta(seconds=60)


async def test_each_key_is_debounced_by_itself(broker: LedgerBroker) -> None:
    @broker.task(debounce={"period": timedelta(minutes=1), "fields": ["page"]})
    async def index(page: int, text: str) -> None: ...

    assert (await index.kiq(1, "a")).is_new
    assert (await index.kiq(2, "b")).is_new
    assert not (await index.kiq(1, "c")).is_new


async def test_a_job_that_has_begun_is_not_replaced(broker: LedgerBroker) -> None:
    gate = asyncio.Event()

    @broker.task(debounce=0.01)
    async def index(page: int) -> int:
        await gate.wait()
        return page

    async with working(broker.worker()):
        first = await index.kiq(1)
        await eventually(lambda: states(broker.ledger, first.task_id), ["running"])
        second = await index.kiq(2)
        assert second.is_new
        gate.set()
        assert (await first.wait_result(timeout=60)).return_value == 1
        assert (await second.wait_result(timeout=60)).return_value == 2


async def test_of_many_debounced_calls_the_last_is_run(
    broker: LedgerBroker, crowd: Database
) -> None:
    ran: list[int] = []

    @broker.task(debounce=0.05)
    async def index(page: int) -> None:
        ran.append(page)

    broker.ledger.database = crowd
    new = 0
    async with working(broker.worker()):
        for n in range(20):
            sent = await asyncio.gather(*(index.kiq(10 * n + k) for k in range(10)))
            new += sum(each.is_new for each in sent)
        last = await index.kiq(-1)
        await ended(broker.ledger, last.task_id)
    assert len(ran) == new + last.is_new
    assert (ran[-1], ran.count(-1)) == (-1, 1)


# Refusals


@pytest.mark.parametrize(
    ("labels", "field"),
    [
        ({"unique": {"fields": ["shopp"]}}, "unique"),
        ({"unique": {"fields": ["job"]}}, "unique"),
        ({"unique": "yes"}, "unique"),
        ({"debounce": {"period": 5, "fields": ["shopp"]}}, "debounce"),
        ({"debounce": 5, "unique": True}, "debounce"),
        ({"debounce": 5, "delay": 5}, "debounce"),
    ],
)
def test_a_wrong_label_is_refused_at_the_declaration(
    broker: LedgerBroker, labels: dict[str, Any], field: str
) -> None:
    async def scan(shop: int, job: JobId) -> None: ...

    with pytest.raises(InvalidInput) as refusal:
        broker.task(**labels)(scan)
    assert refusal.value.field == field


async def refused(sending: Any) -> str:
    with pytest.raises(Exception) as raised:
        await sending
    cause = raised.value.__cause__
    assert isinstance(cause, InvalidInput)
    return str(cause)


async def test_arguments_that_do_not_fit_are_refused(broker: LedgerBroker) -> None:
    @broker.task(unique=True)
    async def scan(shop: int) -> None: ...

    untyped: Any = scan
    assert "do not fit" in await refused(untyped.kiq(1, 2))
    assert "do not fit" in await refused(untyped.kiq(shopp=2))
    assert await unfinished(broker.ledger) == []


async def test_a_task_that_is_not_declared_here_has_no_names(broker: LedgerBroker) -> None:
    kicker: Any = AsyncKicker("elsewhere", broker, {"unique": True})
    assert "not declared here" in await refused(kicker.kiq(1))


async def test_a_formatter_of_the_users_has_keys_as_well(broker: LedgerBroker) -> None:
    broker.formatter = JSONFormatter()

    @broker.task(unique=True)
    async def scan(shop: int, deep: bool = False) -> None: ...

    first = await scan.kiq(1)
    assert (await scan.kiq(deep=False, shop=1)).task_id == first.task_id
    assert (await scan.kiq(2)).is_new
    async with working(broker.worker()):
        await ended(broker.ledger, first.task_id)


async def test_keys_of_jobs_that_have_ended_are_forgotten(
    broker: LedgerBroker, connection: Connection
) -> None:
    @broker.task(unique=True)
    async def scan(shop: int) -> None: ...

    @broker.task(unique={"period": 3600})
    async def hourly() -> None: ...

    done, there, periodic = await scan.kiq(1), await scan.kiq(2), await hourly.kiq()
    for each in (done, periodic):
        await broker.ledger.cancel(each.task_id, "enough")
    await tidy(connection)
    rows = await connection.fetch("select job from horarium.unique_jobs")
    assert {row["job"] for row in rows} == {there.task_id, periodic.task_id}
