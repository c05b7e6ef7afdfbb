"""Random graphs of jobs, recorded, finished, cancelled and run again all at once by many hands.

Whatever the order was, each job has waited for all that it had to wait for, and none waits in vain.
"""

import asyncio
import os
import random
from collections import Counter
from typing import Any

import asyncpg
import pytest
from workplace import PATIENCE, Claimer, NewClaimer

from horarium.database import Connection
from horarium.engine import After, Batches, Error, Ledger, NewJob, OnFailure
from horarium.engine.jobs.batches import Kind
from horarium.engine.jobs.composition import Chain, Group, Step, steps
from horarium.engine.jobs.dependents import Member
from horarium.engine.jobs.outcome import Cancelled, Failed, Held, Outcome, Snoozed, Succeeded

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
JOBS, WORKERS, HANDS = 120, 4, 4
OUTCOMES: tuple[Outcome, ...] = (
    *[Succeeded(b"1")] * 6, Snoozed(0.0), Failed(Error("E", "no")), Cancelled("enough"),
)  # fmt: skip
LOOSE = """
select count(*) from horarium.jobs j where waits_for is distinct from nullif((
    select count(*) from horarium.dependencies d where d.job = j.id and d.open), 0)
"""
BROKEN = """
select d.job, d.on_job, d.on_failure, f.state, l.state as former, f.started_at, l.finished_at
from horarium.dependencies d
join horarium.job_history f on f.id = d.job join horarium.job_history l on l.id = d.on_job
where case
    when l.state <> 'succeeded' and d.on_failure = 'stop' then f.state <> 'cancelled'
    else f.started_at < l.finished_at
end
"""


async def work(worker: Claimer, chance: random.Random, over: asyncio.Event) -> None:
    """Claim, wait a little, finish in batches of any order; as a worker, try again a deadlock."""
    while not over.is_set():
        await worker.ledger.promote(worker.connection, None)
        claims = await worker.claim(chance.randint(1, 12))
        chance.shuffle(claims)
        held = [Held(claim, chance.choice(OUTCOMES)) for claim in claims]
        await asyncio.sleep(0)
        while held:
            try:
                async with worker.connection.transaction():
                    done = await worker.ledger.finish(worker.connection, worker.worker, held)
                assert len(done) == len(held)
                break
            except asyncpg.DeadlockDetectedError:
                continue


async def record(ledger: Ledger, chance: random.Random, hand: int, known: list[str]) -> None:
    """Record jobs after some that are known, some of them several in one transaction."""
    for n in range(JOBS // HANDS):
        async with ledger.database.transaction():
            made = []
            for m in range(chance.choice((1, 1, 3))):
                id = f"h{hand}-{n}-{m}"
                others = [*known, *made]
                some = chance.sample(others, min(len(others), chance.randint(0, 4)))
                after = After(tuple(some), chance.choice(list(OnFailure))) if some else None
                await ledger.enqueue(NewJob(id=id, task="t", after=after))
                made.append(id)
        known += made
        if chance.random() < 0.1:
            await ledger.cancel(chance.choice(known), "by hand")


async def compose(ledger: Ledger, chance: random.Random, known: list[str]) -> None:
    """Record compositions after some that are known, and cancel one of them."""
    batches = Batches(ledger)
    for n in range(10):
        tree = Chain((Group(("a", Chain(("b", "c")))), "d", Group(("e", "f"))))
        after = After(tuple(chance.sample(known, min(len(known), 2))))
        found = list(steps(tree, lambda call, n=n: f"b{n}-{call}", [], after if known else None))  # type: ignore[misc]
        await batches.record(f"b{n}", Kind.CHAIN, _members(found))
        if n % 4 == 3:
            await batches.cancel(f"b{n}", "by hand")
        known += [step.id for step in found]


async def _members(found: list[Step]) -> Any:
    yield [
        Member(
            job=NewJob(id=step.id, task="t"),
            after=step.after,
            outside=step.outside,
            followed=step.followed,
        )
        for step in found
    ]


async def all_ended(connection: Connection) -> None:
    async with asyncio.timeout(PATIENCE * 2):
        while await connection.fetchval("select count(*) from horarium.jobs"):
            assert await connection.fetchval(LOOSE) == 0
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("seed", range(40 if THOROUGH else 3))
async def test_random_graphs(
    seed: int, ledger: Ledger, claimer: NewClaimer, connection: Connection
) -> None:
    known: list[str] = []
    over = asyncio.Event()
    workers = [
        asyncio.create_task(work(await claimer(), random.Random(seed * 100 + n), over))
        for n in range(WORKERS)
    ]
    try:
        hands = [record(ledger, random.Random(seed * 100 + 50 + n), n, known) for n in range(HANDS)]
        await asyncio.gather(*hands, compose(ledger, random.Random(seed), known))
        await all_ended(connection)
    finally:
        over.set()
        await asyncio.gather(*workers)
    ended = await connection.fetch("select id from horarium.job_history")
    assert Counter(row["id"] for row in ended) == Counter(known)
    assert [dict(row) for row in await connection.fetch(BROKEN)] == []
    stopped = await connection.fetch(
        "select id from horarium.job_history h where error ->> 'type' = 'DependencyFailed' and not "
        "exists (select from horarium.dependencies d join horarium.job_history l on l.id = "
        "d.on_job where d.job = h.id and d.on_failure = 'stop' and l.state <> 'succeeded')"
    )
    assert stopped == []
