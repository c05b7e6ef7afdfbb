"""Sending jobs one at a time, each awaited until it is durable."""

from benchmarks.figures import Quantity, Ratio
from benchmarks.peer import Peer
from benchmarks.session import Session, figure


async def measure(session: Session) -> list[Quantity]:
    """Rates of single sends; no worker runs."""
    count = session.options.singles

    async def once(peer: Peer) -> float:
        await peer.prepare(0)
        return count / await peer.send("single", count)

    names = [name for name in session.options.peers if name not in ("bare", "horarium-taskiq")]
    runs = await session.rounds(names, once)
    quantity = Quantity(
        name="kiq",
        title=f"Sending one at a time, awaited ({count:,} times)",
        unit="jobs/s",
        figures=[figure(name, each, float) for name, each in runs.items()],
    )
    quantity.verdicts = [Ratio("taskiq", 1.0).judge(quantity)]
    return [quantity]
