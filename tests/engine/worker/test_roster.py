"""Who works: live, lapsed and stopped workers, and what they run."""

from datetime import timedelta

from workplace import NewClaimer, enqueue

from horarium.clock import SetClock
from horarium.database import Connection, Database
from horarium.engine import Ledger, Presence, roster


async def test_workers_are_listed_by_how_they_stand(
    database: Database, ledger: Ledger, claimer: NewClaimer, connection: Connection
) -> None:
    assert await roster(database) == []
    live, lapsed, stopped, old = [await claimer() for _ in range(4)]
    await enqueue(ledger, "a", "b", "c")
    await live.claim(2)
    await lapsed.claim(1)
    for worker, change in (
        (lapsed, "lease_until = now()"),
        (stopped, "stopped_at = now() - interval '23 h'"),
        (old, "stopped_at = now() - interval '25 h'"),
    ):
        await connection.execute(
            f"update horarium.workers set {change} where id = $1", worker.worker
        )
    seen = [(each.id, each.state, each.running) for each in await roster(database)]
    assert seen == [
        (live.worker, Presence.LIVE, 2),
        (lapsed.worker, Presence.LAPSED, 1),
        (stopped.worker, Presence.STOPPED, 0),
    ]
    first = (await roster(database))[0]
    assert (first.queues, first.slots, first.name) == ([], 10, "tests")
    clock = SetClock(first.lease_until + timedelta(seconds=1))
    assert (await roster(database, clock))[0].state is Presence.LAPSED
