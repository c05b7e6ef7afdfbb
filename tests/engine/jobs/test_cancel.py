"""Cancelling, whatever the job is just doing."""

import asyncio
from typing import Any

import asyncpg
import pytest
from workplace import PATIENCE, Claimer, NewClaimer, enqueue, eventually, states

from horarium.database import Connection, Database
from horarium.engine import Error, Ledger, State
from horarium.engine.jobs.channels import CANCEL_CHANNEL
from horarium.engine.jobs.dependents import despite_deadlock
from horarium.engine.jobs.outcome import Cancelled, Failed, Succeeded
from horarium.engine.worker.lease import rescue
from horarium.transaction import joined


@pytest.fixture
async def worker(claimer: NewClaimer) -> Claimer:
    return await claimer()


async def blocked(connection: Connection) -> int:
    """How many statements of this database wait for a lock."""
    return int(
        await connection.fetchval(
            "select count(*) from pg_stat_activity "
            "where datname = current_database() and wait_event_type = 'Lock'"
        )
    )


async def cancel_meanwhile(
    ledger: Ledger, connection: Connection, other: Connection, act: Any
) -> State | None:
    """Cancel "a" while `act` has been done and not yet committed."""
    async with other.transaction():
        await act()
        ordered = asyncio.create_task(ledger.cancel("a", "enough"))
        await eventually(lambda: blocked(connection), 1)
    return await asyncio.wait_for(ordered, PATIENCE)


@pytest.mark.parametrize("delay", [None, 60.0])
async def test_a_job_that_has_not_begun_ends_at_once(ledger: Ledger, delay: float | None) -> None:
    await enqueue(ledger, "a", delay=delay)
    assert await ledger.cancel("a", "the customer \0 left") is State.CANCELLED
    job = await ledger.show("a")
    assert (job.state, job.worker, job.attempt) == (State.CANCELLED, None, 0)
    assert job.error == Error("Cancelled", "the customer \\x00 left")


async def test_a_job_between_attempts_ends_at_once(ledger: Ledger, worker: Claimer) -> None:
    await enqueue(ledger, "a")
    await worker.finish(await worker.claim_one(), Failed(Error("E", "e"), retry_after=60.0))
    assert await ledger.cancel("a", "") is State.CANCELLED
    assert await states(ledger, "a") == ["cancelled"]


async def test_a_running_job_is_asked_to_stop(
    ledger: Ledger, worker: Claimer, connection: Connection
) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    await connection.add_listener(CANCEL_CHANNEL, lambda *note: heard.put_nowait(note[3]))
    await enqueue(ledger, "a")
    claim = await worker.claim_one()
    assert await ledger.cancel("a", "") is State.RUNNING
    assert await asyncio.wait_for(heard.get(), PATIENCE) == "a"
    assert await worker.finish(claim, Succeeded(b"1"))
    assert await states(ledger, "a") == ["succeeded"]


@pytest.mark.parametrize("retried", [False, True])
async def test_the_reason_is_kept_with_a_job_that_ran(
    ledger: Ledger, worker: Claimer, retried: bool
) -> None:
    await enqueue(ledger, "a")
    claim = await worker.claim_one()
    await ledger.cancel("a", "no stock")
    if retried:
        await worker.finish(claim, Failed(Error("E", "fell"), retry_after=0.0))
        await ledger.promote(worker.connection, None)
        claim = await worker.claim_one()
        assert claim.cancelling
    assert await worker.finish(claim, Cancelled("it was cancelled while it ran"))
    assert (await ledger.show("a")).error == Error("Cancelled", "no stock")


async def test_a_job_that_was_to_stop_and_fails_keeps_its_own_error(
    ledger: Ledger, worker: Claimer
) -> None:
    await enqueue(ledger, "a", "b")
    a, b = await worker.claim()
    await ledger.cancel("a", "no stock")
    await ledger.cancel("b", "")
    await worker.finish(a, Failed(Error("E", "fell")))
    await worker.finish(b, Cancelled("it was cancelled while it ran"))
    assert (await ledger.show("a")).error == Error("E", "fell")
    assert (await ledger.show("b")).error == Error("Cancelled", "it was cancelled while it ran")


async def test_a_job_that_has_ended_or_never_was_is_not_cancelled(
    ledger: Ledger, worker: Claimer
) -> None:
    await enqueue(ledger, "a")
    await worker.finish(await worker.claim_one(), Succeeded(b"1"))
    assert await ledger.cancel("a", "") is None
    assert await ledger.cancel("never", "") is None


async def test_an_order_outlives_the_worker_that_did_not_hear_it(
    ledger: Ledger, claimer: NewClaimer
) -> None:
    dead, successor = await claimer(lease=0.0001), await claimer()
    await enqueue(ledger, "a")
    await dead.connection.execute("update horarium.workers set lease_until = now() + '1 hour'")
    await dead.claim_one()
    await ledger.cancel("a", "")
    await dead.connection.execute(
        "update horarium.workers set lease_until = now() where id = $1", dead.worker
    )
    await rescue(successor.connection, lambda: None)
    assert (await successor.claim_one()).cancelling


async def test_cancelling_while_it_is_being_claimed_asks_the_worker(
    ledger: Ledger, worker: Claimer, connection: Connection
) -> None:
    await enqueue(ledger, "a")
    order = await cancel_meanwhile(ledger, connection, worker.connection, worker.claim)
    assert order is State.RUNNING


async def test_cancelling_while_it_goes_back_ends_it(
    ledger: Ledger, worker: Claimer, connection: Connection
) -> None:
    await enqueue(ledger, "a")
    claim = await worker.claim_one()
    order = await cancel_meanwhile(
        ledger,
        connection,
        worker.connection,
        lambda: worker.finish(claim, Failed(Error("E", "e"), retry_after=60.0)),
    )
    assert order is State.CANCELLED


async def test_cancelling_while_it_ends_comes_too_late(
    ledger: Ledger, worker: Claimer, connection: Connection
) -> None:
    await enqueue(ledger, "a")
    claim = await worker.claim_one()
    order = await cancel_meanwhile(
        ledger, connection, worker.connection, lambda: worker.finish(claim, Succeeded(b"1"))
    )
    assert order is None
    assert await states(ledger, "a") == ["succeeded"]


async def test_an_order_joins_the_callers_transaction(database: Database, ledger: Ledger) -> None:
    await enqueue(ledger, "a")
    with pytest.raises(RuntimeError):
        async with database.transaction():
            await ledger.cancel("a", "")
            raise RuntimeError
    assert await states(ledger, "a") == ["queued"]


async def test_after_a_deadlock_it_is_done_again_unless_a_transaction_of_the_callers_is_lost(
    connection: Connection,
) -> None:
    tries = 0

    async def act() -> str:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise asyncpg.DeadlockDetectedError("deadlock detected")
        return "done"

    assert await despite_deadlock(act) == "done"
    tries = 0
    with joined(connection), pytest.raises(asyncpg.DeadlockDetectedError):
        await despite_deadlock(act)
    assert tries == 1
