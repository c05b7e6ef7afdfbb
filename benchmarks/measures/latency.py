"""From the call that enqueues to the start of the task, at 50 jobs a second."""

import statistics
from typing import NamedTuple

from benchmarks.figures import Quantity, judge_lowest
from benchmarks.peer import Peer, read_stamps
from benchmarks.session import Session, figure

_RATE = 50
_WARM_UP = 50


class Latency(NamedTuple):
    """Milliseconds."""

    p50: float
    p99: float


async def measure(session: Session) -> list[Quantity]:
    """Median and 99th percentile of the wait."""
    count = max(10, int(session.options.stamped_seconds * _RATE))

    async def once(peer: Peer) -> Latency:
        await peer.prepare(0)
        peer.stamps.unlink(missing_ok=True)
        with peer.work():
            await peer.send("stamped", _RATE, _WARM_UP)
            await read_stamps(peer.stamps, _WARM_UP, 30)
            await peer.send("stamped", _RATE, count)
            stamps = await read_stamps(peer.stamps, _WARM_UP + count, 30)
        if len(stamps) < _WARM_UP + count:
            raise RuntimeError(f"{len(stamps)} of {_WARM_UP + count} jobs began")
        waits = [(started - sent) * 1000 for sent, started in sorted(stamps)[_WARM_UP:]]
        return Latency(statistics.median(waits), statistics.quantiles(waits, n=100)[-1])

    runs = await session.rounds(session.options.peers, once)
    quantities = []
    others = [n for n in runs if n not in ("horarium", "horarium-taskiq", "bare")]
    for name, value in (("p50", lambda r: r.p50), ("p99", lambda r: r.p99)):
        quantity = Quantity(
            name=f"latency {name}",
            title=f"Enqueue to start at {_RATE} jobs/s, {name} of {count:,}",
            unit="ms",
            figures=[figure(each, run, value) for each, run in runs.items()],
            more_is_better=False,
            digits=2,
        )
        quantity.verdicts = [judge_lowest(quantity, "horarium", others)]
        quantities.append(quantity)
    return quantities
