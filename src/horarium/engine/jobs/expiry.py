"""Results that are forgotten while the record of their job stays.

Which results those are is kept apart: a job whose result is kept as long as itself costs nothing.
"""

from collections.abc import Collection, Sequence

from horarium.clock import Clock, database_clock
from horarium.database import STEADY_PLANS, Connection, statement
from horarium.engine.jobs.outcome import Held, Succeeded


async def expire(
    connection: Connection, held: Sequence[Held], accepted: Collection[str], clock: Clock
) -> None:
    """Note which of the outcomes that were accepted have a result that expires."""
    found = [
        (each.claim.id, each.outcome.expires_after)
        for each in held
        if isinstance(each.outcome, Succeeded) and each.outcome.expires_after is not None
    ]
    expiring = [each for each in found if each[0] in accepted] if found else found
    if expiring:
        ids, seconds = zip(*expiring, strict=True)
        await connection.execute(statement(__package__, "expire"), ids, seconds, clock())


async def forget_results(connection: Connection, most: int, clock: Clock = database_clock) -> int:
    """Forget up to `most` results that have expired; returns how many."""
    async with connection.transaction():
        for name, value in STEADY_PLANS.items():
            await connection.execute("select set_config($1, $2, true)", name, value)
        return int(
            await connection.fetchval(statement(__package__, "forget_results"), clock(), most)
        )
