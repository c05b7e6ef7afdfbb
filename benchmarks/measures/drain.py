"""Draining a queue of no-ops, with one worker process and with two, and what it costs.

Jobs are queued first, then the workers start. The rate is that between the first completion and
the last: by the times that the peer's own records have, where it keeps them, else by counting. A
drain that is not over at the limit is measured by what was done until then. Counting is rare
enough to cost a fiftieth of the time at most.

The cost is CPU time, of the worker's processes and of the server's for this peer, between the
first count that found completions and the last, for 10,000 jobs.
"""

import asyncio
import time
from functools import partial
from typing import NamedTuple

from benchmarks.figures import Quantity, Ratio, judge_lowest
from benchmarks.peer import Peer
from benchmarks.process import Meter, Workers
from benchmarks.session import Runs, Session, figure

_LEAST_BETWEEN_COUNTS = 0.1
_PER = 10_000


class Drained(NamedTuple):
    """One drain: jobs a second, CPU seconds for 10,000 jobs, and how many were done."""

    rate: float
    worker_cpu: float | None
    server_cpu: float | None
    done: int

    @property
    def cpu(self) -> float | None:
        if self.worker_cpu is None or self.server_cpu is None:
            return None
        return self.worker_cpu + self.server_cpu


class Sample(NamedTuple):
    """A count, when it was taken, and what had been used by then."""

    at: float
    done: int
    worker_cpu: float
    server_cpu: float


async def measure(session: Session) -> list[Quantity]:
    """Drains with one worker process, and what they cost."""
    runs = await session.rounds(session.options.peers, partial(drain, session=session))
    return [_rates(runs, 1, session.options.jobs), _costs(runs)]


async def measure_two(session: Session) -> list[Quantity]:
    """Drains with two worker processes."""
    once = partial(drain, session=session, processes=2)
    runs = await session.rounds(session.options.peers, once)
    return [_rates(runs, 2, session.options.jobs)]


async def drain(peer: Peer, session: Session, processes: int = 1) -> Drained:
    """Queue jobs, start workers, and watch until all is done or the time is over.

    Two processes get twice the jobs, so that their start weighs no more.
    """
    jobs = session.options.jobs * processes
    await peer.prepare(jobs)
    with peer.work(processes) as workers:
        samples = await _watch(peer, workers, jobs, session.options.limit)
    last = samples[-1]
    span = await peer.span() if last.done >= jobs else None
    return _drained(samples, span)


async def _watch(peer: Peer, workers: Workers, jobs: int, limit: float) -> list[Sample]:
    meter = Meter()
    samples: list[Sample] = []
    deadline = time.monotonic() + limit
    while not samples or (samples[-1].done < jobs and time.monotonic() < deadline):
        workers.require_alive()
        began = time.monotonic()
        done = await peer.done()
        ended = time.monotonic()
        samples.append(Sample(ended, done, meter.read(workers.pids()), peer.cpu()))
        if done < jobs:
            took = time.monotonic() - began
            await asyncio.sleep(max(_LEAST_BETWEEN_COUNTS, 50 * took))
    if samples[-1].done == 0:
        raise RuntimeError(f"nothing was done in {limit:.0f} s")
    return samples


def _drained(samples: list[Sample], span: float | None) -> Drained:
    first = next(sample for sample in samples if sample.done)
    last = samples[-1]
    if first is last:
        return Drained(last.done / span if span else 0.0, None, None, last.done)
    counted = last.done - first.done
    rate = last.done / span if span else counted / (last.at - first.at)
    if counted < last.done / 4:
        # Too little was seen of it to know its cost.
        return Drained(rate, None, None, last.done)
    share = _PER / counted
    worker_cpu = (last.worker_cpu - first.worker_cpu) * share
    return Drained(rate, worker_cpu, (last.server_cpu - first.server_cpu) * share, last.done)


def _rates(runs: dict[str, Runs[Drained]], processes: int, jobs: int) -> Quantity:
    word = "one worker process" if processes == 1 else "two worker processes"
    quantity = Quantity(
        name=f"drain{processes}",
        title=f"Drain of {jobs * processes:,} queued no-ops, {word}",
        unit="jobs/s",
        figures=[figure(name, each, lambda run: run.rate) for name, each in runs.items()],
    )
    for each in quantity.figures:
        short = [run.done for run in runs[each.peer].values if run.done < jobs * processes]
        if short:
            each.notes["stopped at"] = f"{min(short):,} jobs"
    if processes == 1:
        targets = [Ratio("pgqueuer", 1.5), Ratio("taskiq", 12), Ratio("bare", 0.7)]
        quantity.verdicts = [target.judge(quantity) for target in targets]
        quantity.verdicts.append(Ratio("taskiq", 3).judge(quantity, "horarium-taskiq"))
    return quantity


def _costs(runs: dict[str, Runs[Drained]]) -> Quantity:
    quantity = Quantity(
        name="cost",
        title=f"Cost of {_PER:,} jobs, worker and server, one worker process",
        unit="CPU s",
        figures=[figure(name, each, lambda run: run.cpu) for name, each in runs.items()],
        more_is_better=False,
        digits=2,
    )
    for each in quantity.figures:
        worker = figure(each.peer, runs[each.peer], lambda run: run.worker_cpu).median
        server = figure(each.peer, runs[each.peer], lambda run: run.server_cpu).median
        if worker is not None and server is not None:
            each.notes |= {"worker": f"{worker:.2f}", "server": f"{server:.2f}"}
    others = [name for name in runs if name not in ("horarium", "horarium-taskiq", "bare")]
    quantity.verdicts = [judge_lowest(quantity, "horarium", others)]
    return quantity
