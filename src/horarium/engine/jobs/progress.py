"""Progress in the ledger: the last mark of each attempt that tells any.

Marks live in a narrow table of their own: they change often, and the row that workers claim and
finish must not. Two things keep a mark true. It carries the instant at which its attempt was
claimed, which the database's clock lets only grow: what a worker tells that was presumed dead
cannot overwrite what its successor told. And within an attempt marks are numbered: the higher
number wins, in whichever order two connections deliver them.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import msgspec

from horarium.clock import Clock, database_clock
from horarium.database import Connection, statement
from horarium.engine.jobs.job import Claim, Mark


class Told(NamedTuple):
    """A mark, and the claim under which it was told."""

    claim: Claim
    mark: Mark


async def write_marks(
    connection: Connection, told: Sequence[Told], clock: Clock = database_clock
) -> set[str]:
    """Write marks in one statement; returns the jobs whose claim still held."""
    rows = await connection.fetch(
        statement(__package__, "tell"),
        [each.claim.id for each in told],
        [each.claim.worker for each in told],
        [each.claim.attempt for each in told],
        [each.mark.number for each in told],
        [each.mark.fraction for each in told],
        [each.mark.note for each in told],
        [each.mark.state for each in told],
        [None if each.mark.meta is None else msgspec.json.encode(each.mark.meta) for each in told],
        clock(),
    )
    return {row["job"] for row in rows}


async def forget_marks(
    connection: Connection, keep: timedelta, most: int, clock: Clock = database_clock
) -> int:
    """Forget up to `most` marks of ended jobs that are older than `keep`; returns how many."""
    sql = statement(__package__, "forget_progress")
    return int(await connection.fetchval(sql, clock(), keep, most))


def read_mark(kept: str | bytes | None) -> Mark | None:
    """A mark as the ledger keeps it."""
    return None if kept is None else _decoder.decode(kept)


_decoder = msgspec.json.Decoder(Mark)
