"""The gate: where jobs with limits start, wait and are let through.

Three rules keep the count right and nobody waiting in vain.

1. A job begins to run only under the lock of its keys, after a look that is younger than the lock.
   Running jobs are counted where they stand; there is no counter that could drift.
2. A job waits only because as many as are allowed run under its key. When one of these stops
   running, whatever the reason, `release` takes the same lock in the same transaction and queues
   the next: a waiting job that was not yet visible to it is one whose admission comes after it.
3. A queued job carries the turn that was given to it. If it is cancelled or put off before it is
   claimed, its turn passes to the next one that waits (`pass_on`). That needs no lock: one too many
   in the queue is a candidate that waits again.

What a crash between two transactions leaves behind, `sweep` finds: the heartbeat calls it.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import starmap
from typing import Any

import msgspec

from horarium.clock import Clock
from horarium.database import Connection, statement
from horarium.engine.jobs.admission import Admission, Candidate, Standing, decide
from horarium.engine.jobs.channels import JOBS_CHANNEL
from horarium.engine.jobs.job import Claim
from horarium.engine.jobs.limits import decode


async def admit(
    connection: Connection, worker: int, candidates: Sequence[Claim], clock: Clock
) -> list[Claim]:
    """Start those that may; the others wait under their key, out of every worker's way.

    Args:
        candidates: queued jobs with limits, as the claim has found them.
    """
    limits = [decode(each.limits) for each in candidates]
    keys = [each.concurrency_key for each in limits if each.concurrency_key is not None]
    async with connection.transaction():
        rated = [each.rate_key for each in limits if each.rate_key is not None]
        await connection.execute(_sql("lock_limits"), [*keys, *rated])
        line = await _line(connection, candidates, keys, rated)
        standing = await _standing(connection, line, clock)
        admission = decide(line, standing, len(candidates))
        return await _apply(connection, worker, line, admission, standing.now)


async def release(connection: Connection, keys: Sequence[str]) -> None:
    """Queue those that may go now, after jobs of these keys stopped running."""
    if not keys:
        return
    async with connection.transaction():
        await connection.execute(_sql("lock_limits"), keys)
        await connection.execute(_sql("release"), keys, JOBS_CHANNEL)


async def pass_on(connection: Connection, key: str | None) -> None:
    """Queue the next that waits in place of a queued job that goes away."""
    if key is not None:
        await connection.execute(_sql("pass_on"), key, JOBS_CHANNEL)


async def sweep(connection: Connection) -> None:
    """Queue whatever waits although it need not."""
    keys = [row["key"] for row in await connection.fetch(_sql("waiting_keys"))]
    if None in keys:
        await connection.execute(_sql("let_go"), JOBS_CHANNEL)
    await release(connection, [key for key in keys if key is not None])


async def _line(
    connection: Connection,
    candidates: Sequence[Claim],
    keys: Sequence[str],
    rated: Sequence[str],
) -> list[Candidate]:
    ids = [each.id for each in candidates]
    queues = sorted({each.queue for each in candidates})
    rows: list[Any] = await connection.fetch(_sql("candidates"), ids, keys, queues)
    line = [
        Candidate(row["id"], decode(row["limits"]), row["queued"], row["priority"]) for row in rows
    ]
    # One that waits may have a rate whose key is not locked: it comes by its queue, with its own.
    return [each for each in line if each.queued or each.limits.rate_key in (None, *rated)]


async def _standing(connection: Connection, line: Sequence[Candidate], clock: Clock) -> Standing:
    keys = [each.limits.concurrency_key for each in line]
    rated = [each.limits.rate_key for each in line]
    running = await connection.fetch(_sql("running"), [key for key in keys if key is not None])
    wanted = [*{key for key in rated if key is not None}]
    postponed: dict[str, dict[int, int]] = {}
    # Where there is no rate, the time is wanted all the same.
    rates = await connection.fetch(_sql("rates"), wanted or [""], clock())
    for row in await connection.fetch(_sql("postponed"), wanted) if wanted else ():
        postponed.setdefault(row["key"], {})[row["priority"]] = row["jobs"]
    return Standing(
        {row["key"]: row["running"] for row in running},
        {row["key"]: row["starts"] for row in rates if row["starts"] is not None},
        postponed,
        rates[0]["now"],
    )


async def _apply(
    connection: Connection,
    worker: int,
    line: Sequence[Candidate],
    admission: Admission,
    now: int,
) -> list[Claim]:
    if admission.held:
        await connection.execute(_sql("hold"), admission.held)
    if admission.postponed:
        later = admission.postponed
        await connection.execute(_sql("postpone"), [*later], [*later.values()])
    if admission.starts:
        await _record(connection, line, admission.starts, now)
    claims: list[Claim] = []
    if admission.admitted:
        rows = await connection.fetch(_sql("admit"), admission.admitted, worker, _instant(now))
        claims = list(starmap(Claim, rows))
    if admission.open:
        await connection.execute(_sql("release"), admission.open, JOBS_CHANNEL)
    return claims


async def _record(
    connection: Connection,
    line: Sequence[Candidate],
    starts: Mapping[str, Sequence[int]],
    now: int,
) -> None:
    periods: dict[str | None, int] = {}
    for each in line:
        key = each.limits.rate_key
        periods[key] = max(periods.get(key, 0), each.limits.period or 0)
    await connection.execute(
        _sql("start"),
        [*starts],
        [msgspec.json.encode(each) for each in starts.values()],
        [now + periods[key] for key in starts],
    )


def _instant(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _sql(name: str) -> str:
    return statement(__package__, name)
