"""Enqueueing many at once, against one bare COPY of the same rows into the same table."""

from benchmarks.figures import Quantity, Ratio
from benchmarks.peer import Peer
from benchmarks.session import Session, figure


async def measure(session: Session) -> list[Quantity]:
    """Rates of `enqueue_many` and of COPY; ids and arguments are made in the time of the former."""
    count = session.options.enqueued

    async def once(peer: Peer) -> float:
        await peer.prepare(0)
        return count / await peer.send("many", count)

    runs = await session.rounds(("horarium", "copy"), once)
    quantity = Quantity(
        name="enqueue",
        title=f"enqueue_many of {count:,}",
        unit="jobs/s",
        figures=[figure(name, each, float) for name, each in runs.items()],
    )
    quantity.verdicts = [Ratio("copy", 0.4).judge(quantity)]
    return [quantity]
