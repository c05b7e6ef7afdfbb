"""Jobs whose worker dies while it runs them, and how often that may happen."""

from typing import Any

import msgspec
import pytest
from workplace import (
    Claimer,
    NewClaimer,
    admit,
    attempts,
    ended,
    enqueue,
    eventually,
    states,
    working,
)

from horarium.database import Connection
from horarium.engine import Error, Ledger, LedgerBroker, State
from horarium.engine.jobs.job import NewJob
from horarium.engine.jobs.outcome import Failed, GivenBack
from horarium.engine.worker.lease import rescue
from horarium.engine.worker.losses import MOST_LOST, Losses
from horarium.events import JobRescued


@pytest.fixture
def losses(ledger: Ledger) -> Losses:
    return Losses(ledger, lambda: {"fragile": 2, "sturdy": 100})


async def lose(claimer: NewClaimer, connection: Connection, losses: Losses) -> list[Any]:
    """A worker claims what there is, and dies."""
    worker = await claimer()
    assert await worker.claim()
    await die(connection, worker)
    return await rescue(connection, lambda: None, losses)


async def die(connection: Connection, worker: Claimer) -> None:
    await connection.execute(
        "update horarium.workers set lease_until = now() - interval '1 s' where id = $1",
        worker.worker,
    )


async def test_a_job_that_is_lost_too_often_fails_with_the_reason(
    ledger: Ledger, claimer: NewClaimer, connection: Connection, losses: Losses
) -> None:
    await enqueue(ledger, "a")
    for n in range(1, MOST_LOST):
        (found,) = await lose(claimer, connection, losses)
        assert (found.times, found.given_up) == (n, False)
    (found,) = await lose(claimer, connection, losses)
    assert (found.times, found.given_up) == (MOST_LOST, True)
    job = await ledger.show("a")
    assert (job.state, job.attempt) == (State.FAILED, MOST_LOST)
    assert job.error == Error(
        "WorkerLost",
        f"its worker died {MOST_LOST} times while running it; label max_lost says how often it may",
    )
    assert await attempts(ledger, "a") == [(n, "lost") for n in range(1, MOST_LOST)]
    assert await rescue(connection, lambda: None, losses) == []


@pytest.mark.parametrize(
    ("task", "labels", "most"),
    [
        ("fragile", None, 2),
        ("fragile", {"max_lost": 1}, 1),
        ("sturdy", {"max_lost": "3"}, 3),
        ("sturdy", {"max_lost": "by hand"}, 100),
        ("sturdy", {"max_lost": 10**30}, 100),
        ("sturdy", {"max_lost": [1]}, 100),
    ],
)
async def test_how_often_is_said_by_the_job_or_its_task(
    ledger: Ledger, claimer: NewClaimer, connection: Connection, losses: Losses,
    task: str, labels: dict[str, Any] | None, most: int,
) -> None:  # fmt: skip
    written = None if labels is None else msgspec.json.encode(labels)
    await ledger.enqueue(NewJob(id="a", task=task, labels=written))
    lost = 0
    while lost < 4 and (await states(ledger, "a")) == ["queued"]:
        await lose(claimer, connection, losses)
        lost += 1
    assert lost == min(most, 4)
    assert await states(ledger, "a") == ["failed" if most <= 4 else "queued"]


async def test_an_attempt_that_ended_in_another_way_begins_the_count_anew(
    ledger: Ledger, claimer: NewClaimer, connection: Connection, losses: Losses
) -> None:
    await enqueue(ledger, "a", task="fragile")
    worker = await claimer()
    for _ in range(3):
        (found,) = await lose(claimer, connection, losses)
        assert not found.given_up
        # Being given back says nothing; having failed says that the worker lived.
        assert await worker.finish(await worker.claim_one(), GivenBack())
        claim = await worker.claim_one()
        assert await worker.finish(claim, Failed(Error("E", "once more"), retry_after=0.0))
        await ledger.promote(connection, None)
    assert (await lose(claimer, connection, losses))[0].times == 1
    assert (await lose(claimer, connection, losses))[0].given_up


async def test_a_job_that_is_run_again_is_counted_anew(
    ledger: Ledger, claimer: NewClaimer, connection: Connection, losses: Losses
) -> None:
    await enqueue(ledger, "a", task="fragile")
    await lose(claimer, connection, losses)
    assert (await lose(claimer, connection, losses))[0].given_up
    await ledger.run_again("a")
    assert not (await lose(claimer, connection, losses))[0].given_up
    assert await states(ledger, "a") == ["queued"]


async def test_those_that_wait_under_its_limit_go_on(
    broker: LedgerBroker, ledger: Ledger, claimer: NewClaimer, connection: Connection
) -> None:
    """Its end is an end like any other: the next under its key is queued, who waits is told."""

    @broker.task("limited", concurrency_limit=1, max_lost=1)
    async def limited(n: int) -> int:
        return n

    first, second = await limited.kiq(1), await limited.kiq(2)
    dying = await claimer()
    assert [claim.id for claim in await admit(dying)] == [first.task_id]
    await die(connection, dying)
    async with working(broker.worker()):
        assert (await first.wait_result(timeout=60)).is_err
        assert (await second.wait_result(timeout=60)).return_value == 2


async def test_the_worker_ends_it_and_tells(
    broker: LedgerBroker, ledger: Ledger, claimer: NewClaimer, connection: Connection,
    told: list[Any],
) -> None:  # fmt: skip
    @broker.task("deadly", max_lost=1)
    async def deadly() -> None: ...

    sent = await deadly.kiq()
    dying = await claimer()
    await dying.claim()
    await die(connection, dying)
    async with working(broker.worker()):
        job = await ended(ledger, sent.task_id)
        assert (job.state, job.error and job.error.type) == (State.FAILED, "WorkerLost")

        async def given_up() -> list[bool]:
            return [event.given_up for event in told if isinstance(event, JobRescued)]

        await eventually(given_up, [True])
