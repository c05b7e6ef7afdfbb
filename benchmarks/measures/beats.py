"""Schedulers with many schedules of which none is due, beside those of the peers.

Each has the same rules; the peers read theirs from the code, as is usual with them.
"""

import asyncio
import os

from benchmarks.environment import ROOT, peers_python
from benchmarks.figures import Quantity, Ratio
from benchmarks.measures.timetable import opened, put_far, schedulers
from benchmarks.process import Meter, Workers
from benchmarks.scheduler_cost import cpu_of
from benchmarks.servers import RESULTS
from benchmarks.session import Runs, Session, describe, figure, say

_SETTLE = 15.0
"""Seconds from a scheduler's start to the window, at least: with very many schedules in its code it
may still be starting."""
_QUIET = 0.25
"""CPU seconds in five of them under which it has started; one that is never so quiet is
measured after two minutes more."""

_COMMANDS = {
    "taskiq": ["taskiq", "scheduler", "benchmarks.tasks.taskiq_beat:scheduler",
               "--log-level", "WARNING"],
    "celery": ["celery", "--app", "benchmarks.tasks.celery_beat", "beat", "--loglevel", "WARNING",
               "--pidfile", "", "--schedule"],
}  # fmt: skip


async def measure(session: Session) -> list[Quantity]:
    """One after the other: a busy scheduler would disturb another."""
    runs: dict[str, Runs[tuple[float, float]]] = {}
    for name in ("horarium", *_COMMANDS):
        if name not in session.options.peers:
            continue
        run = runs[name] = Runs()
        say(f"  {name}")
        try:
            run.values.append(
                await (_ours(session) if name == "horarium" else _peer(session, name))
            )
        except Exception as error:  # noqa: BLE001 - a peer that fails is shown as such
            run.problem = describe(error)
    cpu = Quantity(
        name="beat cpu",
        title=f"CPU of a minute, {session.options.schedules:,} schedules, none due",
        unit="s",
        figures=[figure(name, run, lambda each: each[0]) for name, run in runs.items()],
        more_is_better=False,
        digits=2,
    )
    cpu.verdicts = [Ratio(name, 1.0).judge(cpu) for name in _COMMANDS]
    memory = Quantity(
        name="beat memory",
        title="Memory of the scheduler",
        unit="MB",
        figures=[figure(name, run, lambda each: each[1]) for name, run in runs.items()],
        more_is_better=False,
    )
    return [cpu, memory]


async def _ours(session: Session) -> tuple[float, float]:
    async with opened(session) as place:
        await put_far(place, session.options.schedules)
        with schedulers(place, 1) as workers:
            await _settle(workers)
            seconds = session.options.idle_seconds
            used = await cpu_of(session.servers, place.name, workers, seconds)
            return used / seconds * 60, workers.memory() / 2**20


async def _peer(session: Session, name: str) -> tuple[float, float]:
    await session.peer(name)  # its queues are made
    folder = session.servers.folder
    more = [str(folder / "celerybeat")] if name == "celery" else []
    command = [str(peers_python()), "-m", *_COMMANDS[name], *more]
    environment = {**_environment(session), "BENCH_SCHEDULES": str(session.options.schedules)}
    with Workers([command], environment, folder / f"{name}-beat.log") as workers:
        return await _watch(session, workers)


def _environment(session: Session) -> dict[str, str]:
    servers = session.servers
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "BENCH_RABBITMQ_URL": servers.rabbitmq,
        "BENCH_RESULTS_URL": f"{servers.redis}/{RESULTS}",
    }


async def _watch(session: Session, workers: Workers) -> tuple[float, float]:
    """CPU seconds a minute, and megabytes."""
    await _settle(workers)
    seconds = session.options.idle_seconds
    meter = Meter()
    before = meter.read(workers.pids())
    await asyncio.sleep(seconds)
    used = meter.read(workers.pids()) - before
    workers.require_alive()
    return used / seconds * 60, workers.memory() / 2**20


async def _settle(workers: Workers) -> None:
    await asyncio.sleep(_SETTLE)
    meter = Meter()
    before = meter.read(workers.pids())
    for _ in range(24):
        await asyncio.sleep(5)
        now = meter.read(workers.pids())
        if now - before < _QUIET:
            return
        before = now
