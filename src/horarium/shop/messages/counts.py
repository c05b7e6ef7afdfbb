"""How many messages came to which end, since the database was made."""

import msgspec

from horarium.database import Connection, statement
from horarium.shop.messages.outcome import Outcome


class Count(msgspec.Struct, frozen=True):
    """So many messages of a queue had this outcome."""

    queue: str
    outcome: Outcome
    count: int


async def message_counts(connection: Connection) -> list[Count]:
    """The counts of all queues."""
    rows = await connection.fetch(statement(__package__, "counts"))
    return [Count(row["queue"], Outcome(row["outcome"]), row["count"]) for row in rows]
