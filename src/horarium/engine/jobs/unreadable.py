"""Jobs that nobody can read: their rows were put into the table, or changed, by other hands.

Instants that no calendar of Python's has, limits that are not what limits are: a claim that comes
upon one fails whole, for every worker in its turn. Such rows are looked for only then. They end as
failed, with what is wrong with them, and the others go on.
"""

import msgspec
import structlog

from horarium.clock import Clock
from horarium.database import Connection, statement
from horarium.engine.jobs import dependents
from horarium.engine.jobs.job import State
from horarium.engine.jobs.limits import decode

_log = structlog.get_logger()


async def set_aside(connection: Connection, worker: int, clock: Clock) -> int:
    """Fail the jobs that cannot be read; returns how many there were.

    Args:
        worker: the caller's own lease: what it has claimed and cannot read counts too.
    """
    async with connection.transaction():
        rows = await connection.fetch(_sql("all_limits"))
        wrong = [row["id"] for row in rows if not _is_readable(row["limits"])]
        failed = await connection.fetch(_sql("set_aside"), worker, wrong, clock())
        await dependents.end(connection, [(row["id"], State.FAILED) for row in failed], clock)
    for row in failed:
        _log.error(
            "a job cannot be read; it has failed",
            job=row["id"],
            task=row["task"],
            reason=row["message"],
        )
    return len(failed)


def _is_readable(limits: bytes) -> bool:
    try:
        decode(limits)
    except msgspec.MsgspecError:
        return False
    return True


def _sql(name: str) -> str:
    return statement(__package__, name)
