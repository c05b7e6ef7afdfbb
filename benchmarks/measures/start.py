"""From starting a worker's process to the start of its first job."""

from benchmarks.figures import Quantity, judge_limit
from benchmarks.peer import Peer, read_stamps
from benchmarks.session import Session, figure


async def measure(session: Session) -> list[Quantity]:
    """One job is queued before the worker starts."""

    async def once(peer: Peer) -> float:
        await peer.prepare(0)
        peer.stamps.unlink(missing_ok=True)
        await peer.send("stamped", 1000, 1)
        with peer.work() as workers:
            stamps = await read_stamps(peer.stamps, 1, 30)
            workers.require_alive()
        if not stamps:
            raise RuntimeError("its first job did not begin in 30 s")
        return stamps[0][1] - workers.began

    runs = await session.rounds([n for n in session.options.peers if n != "bare"], once)
    quantity = Quantity(
        name="start",
        title="Worker start to first job",
        unit="s",
        figures=[figure(name, each, float) for name, each in runs.items()],
        more_is_better=False,
        digits=2,
    )
    quantity.verdicts = [judge_limit(quantity, "horarium", 0.6)]
    return [quantity]
