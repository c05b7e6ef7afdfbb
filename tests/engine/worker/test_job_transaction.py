"""The job's own transaction: its rows and its outcome are one commit."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from taskiq import TaskiqMiddleware
from workplace import attempts, ended, eventually, register, states, working

from horarium.database import Connection, Database
from horarium.engine import JobConnection, Ledger, LedgerBroker, NewJob, State
from horarium.engine.broker.dependencies import job_connection
from horarium.engine.worker.lease import rescue
from horarium.errors import HorariumError


@pytest.fixture(autouse=True)
async def rows(connection: Connection) -> Callable[[], Awaitable[list[int]]]:
    """The rows that the tasks below have written."""
    await connection.execute(
        "create table public.written (n int primary key deferrable initially deferred)"
    )

    async def rows() -> list[int]:
        return [
            row["n"] for row in await connection.fetch("select n from public.written order by n")
        ]

    return rows


async def test_rows_and_outcome_commit_together(
    broker: LedgerBroker, ledger: Ledger, connection: Connection
) -> None:
    @broker.task
    async def write(n: int, connection: JobConnection) -> int:
        await connection.execute("insert into public.written values ($1)", n)
        return n

    async with working(broker.worker()):
        sent = await write.kiq(7)
        assert (await sent.wait_result(timeout=60)).return_value == 7
    # The row and the outcome carry the number of the same transaction.
    assert await connection.fetchval(
        "select w.xmin = h.xmin from public.written w, horarium.job_history h where h.id = $1",
        sent.task_id,
    )


async def test_a_failure_undoes_the_rows(
    broker: LedgerBroker, ledger: Ledger, rows: Callable[[], Awaitable[list[int]]]
) -> None:
    @broker.task(max_retries=1, retry_delay=0.0)
    async def write(connection: JobConnection) -> None:
        await connection.execute("insert into public.written values (1)")
        raise ValueError("after the row")

    async with working(broker.worker()):
        job = await ended(ledger, (await write.kiq()).task_id)
    assert (job.state, job.attempt) == (State.FAILED, 2)
    assert await rows() == []


async def test_what_the_task_enqueues_joins_its_transaction(
    broker: LedgerBroker, ledger: Ledger
) -> None:
    @broker.task
    async def nothing() -> None: ...

    @broker.task
    async def enqueue(connection: JobConnection, fall: bool) -> None:
        await nothing.kicker().with_task_id(f"after {fall}").with_labels(queue="other").kiq()
        if fall:
            raise ValueError

    async with working(broker.worker(queues=["default"])):
        for fall in (True, False):
            await ended(ledger, (await enqueue.kiq(fall=fall)).task_id)
    assert await ledger.find("after True") is None
    assert await states(ledger, "after False") == ["queued"]


async def test_a_lost_claim_undoes_the_rows(
    broker: LedgerBroker,
    ledger: Ledger,
    connection: Connection,
    rows: Callable[[], Awaitable[list[int]]],
) -> None:
    runs: list[asyncio.Event] = []

    @broker.task
    async def write(connection: JobConnection) -> int:
        n = len(runs)
        runs.append(asyncio.Event())
        await connection.execute("insert into public.written values ($1)", n)
        await runs[n].wait()
        return n

    worker = broker.worker()
    async with working(worker):
        sent = await write.kiq()
        await eventually(lambda: asyncio.sleep(0, len(runs)), 1)
        async with connection.transaction():  # which keeps the heartbeat out until it is lost
            await connection.execute("update horarium.workers set lease_until = now()")
            assert await rescue(connection, lambda: None)
        # The same worker goes on under a new lease and claims the job once more.
        await eventually(lambda: asyncio.sleep(0, len(runs)), 2)
        assert len(worker._runs) == 2
        runs[0].set()
        await eventually(lambda: asyncio.sleep(0, len(worker._runs)), 1)
        assert await rows() == []
        assert await states(ledger, sent.task_id) == ["running"]
        await ledger.cancel(sent.task_id, "the second is still known here")
        assert (await ended(ledger, sent.task_id)).state is State.CANCELLED
    assert await rows() == []
    assert await attempts(ledger, sent.task_id) == [(1, "lost")]


async def test_a_commit_that_the_tables_refuse_fails_the_job(
    broker: LedgerBroker, ledger: Ledger, rows: Callable[[], Awaitable[list[int]]]
) -> None:
    @broker.task
    async def write_twice(connection: JobConnection) -> None:
        for _ in range(2):
            await connection.execute("insert into public.written values (1)")

    async with working(broker.worker()):
        job = await ended(ledger, (await write_twice.kiq()).task_id)
    assert job.state is State.FAILED
    assert job.error is not None
    assert job.error.type == "UniqueViolationError"
    assert await rows() == []


async def test_a_transaction_that_the_task_has_spoilt_fails_the_job(
    broker: LedgerBroker, ledger: Ledger
) -> None:
    @broker.task
    async def spoil(connection: JobConnection) -> str:
        try:
            await connection.execute("select 1 / 0")
        except Exception:  # noqa: BLE001
            return "as if nothing had happened"
        return ""

    async with working(broker.worker()):
        job = await ended(ledger, (await spoil.kiq()).task_id)
    assert job.error is not None
    assert job.error.type == "InFailedSQLTransactionError"


async def test_a_result_that_cannot_be_stored_undoes_the_rows(
    broker: LedgerBroker, ledger: Ledger, rows: Callable[[], Awaitable[list[int]]]
) -> None:
    @broker.task
    async def write(connection: JobConnection) -> str:
        await connection.execute("insert into public.written values (1)")
        return "a\0b"

    async with working(broker.worker()):
        job = await ended(ledger, (await write.kiq()).task_id)
    assert job.state is State.FAILED
    assert await rows() == []


@pytest.mark.parametrize("when", ["during", "at the end"])
async def test_a_connection_that_is_cut_is_tried_again(
    broker: LedgerBroker,
    ledger: Ledger,
    database: Database,
    rows: Callable[[], Awaitable[list[int]]],
    when: str,
) -> None:
    runs = []

    @broker.task(max_retries=3, retry_delay=0.0)
    async def write(connection: JobConnection) -> int:
        runs.append(1)
        await connection.execute("insert into public.written values (1)")
        if len(runs) == 1:
            pid = connection.get_server_pid()
            other = await database.connect("cutter")
            await other.execute("select pg_terminate_backend($1::int)", pid)
            await eventually(lambda: gone(other, pid))
            await other.close()
            if when == "during":
                await connection.execute("select 1")
        return len(runs)

    async with working(broker.worker()):
        job = await ended(ledger, (await write.kiq()).task_id)
    assert job.state is State.SUCCEEDED
    assert await rows() == [1]
    assert len(runs) == 2


async def gone(connection: Connection, pid: int) -> bool:
    found = await connection.fetchval("select 1 from pg_stat_activity where pid = $1", pid)
    return found is None


async def test_a_connection_that_the_task_left_busy_does_not_hold_up_the_job(
    broker: LedgerBroker, ledger: Ledger, database: Database
) -> None:
    left: list[asyncio.Task[Any]] = []

    @broker.task
    async def leave_busy(connection: JobConnection, fall: bool) -> None:
        left.append(asyncio.create_task(connection.execute("select pg_sleep(20)")))
        await asyncio.sleep(0.01)
        if fall:
            raise ValueError("left it busy")

    async with working(broker.worker()):
        fallen = await ended(ledger, (await leave_busy.kiq(fall=True)).task_id)
        ended_well = await ended(ledger, (await leave_busy.kiq(fall=False)).task_id)
    assert (fallen.error.type if fallen.error else None) == "ValueError"
    assert (ended_well.error.type if ended_well.error else None) == "InterfaceError"
    await asyncio.gather(*left, return_exceptions=True)
    await asyncio.wait_for(database.close(), 15)


async def test_afterwards_the_connection_is_no_longer_the_jobs(
    broker: LedgerBroker, ledger: Ledger
) -> None:
    """A middleware that enqueues when the result is saved must not use a connection given back."""

    class After(TaskiqMiddleware):
        async def post_save(self, message: Any, result: Any) -> None:
            await ledger.enqueue(NewJob(id="after", task="t", queue="other"))

    @broker.task
    async def write(connection: JobConnection) -> None: ...

    broker.add_middlewares(After())
    async with working(broker.worker(queues=["default"])):
        await ended(ledger, (await write.kiq()).task_id)
        await eventually(lambda: ledger_has(ledger, "after"))


async def ledger_has(ledger: Ledger, id: str) -> bool:
    return await ledger.find(id) is not None


async def test_what_the_task_left_behind_gets_no_connection(
    broker: LedgerBroker, ledger: Ledger
) -> None:
    left: list[asyncio.Task[Any]] = []
    told = asyncio.Event()

    @broker.task
    async def leave() -> None:
        async def late() -> None:
            await told.wait()
            await job_connection()

        left.append(asyncio.create_task(late()))

    async with working(broker.worker()):
        await ended(ledger, (await leave.kiq()).task_id)
        told.set()
        with pytest.raises(HorariumError, match="has ended"):
            await left[0]


async def test_more_jobs_with_a_transaction_than_connections(
    broker: LedgerBroker, ledger: Ledger, rows: Callable[[], Awaitable[list[int]]]
) -> None:
    @broker.task
    async def write(n: int, connection: JobConnection) -> None:
        await connection.execute("insert into public.written values ($1)", n)

    await broker.enqueue_many(write, [(n,) for n in range(100)])
    async with working(broker.worker(slots=50)):
        await eventually(ledger.counts, {State.SUCCEEDED: 100})
    assert await rows() == list(range(100))


async def test_there_is_no_transaction_outside_a_job() -> None:
    with pytest.raises(HorariumError, match="no job here"):
        await job_connection()


async def test_a_worker_may_be_registered_twice(connection: Connection) -> None:
    assert await register(connection) != await register(connection)
