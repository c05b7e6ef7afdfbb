"""Draining with millions of finished jobs in history, against an empty ledger."""

from benchmarks.figures import Quantity, Ratio
from benchmarks.measures.drain import drain
from benchmarks.session import Session, figure


async def measure(session: Session) -> list[Quantity]:
    """The same drain in two databases, of which one has a past."""
    runs = await session.rounds(("horarium", "horarium-history"), lambda peer: drain(peer, session))
    quantity = Quantity(
        name="history",
        title=f"Drain with {session.options.history:,} finished jobs in history, and with none",
        unit="jobs/s",
        figures=[figure(name, each, lambda run: run.rate) for name, each in runs.items()],
    )
    quantity.verdicts = [Ratio("horarium", 0.95).judge(quantity, "horarium-history")]
    return [quantity]
