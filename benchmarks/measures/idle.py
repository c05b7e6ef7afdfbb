"""Workers with nothing to do, all at the same time: CPU, statements, memory."""

import asyncio
import contextlib
import time
from typing import NamedTuple

from benchmarks.figures import Quantity, judge_limit
from benchmarks.process import Meter, Workers
from benchmarks.session import Runs, Session, describe, figure, say

_SETTLE = 12.0
"""Seconds from the start of the workers to the window."""
_CONTROL = "control"
"""A database that nobody uses: PostgreSQL's own housekeeping counts there as elsewhere."""


class Idle(NamedTuple):
    """Per cent of a core, statements a minute, megabytes."""

    cpu: float
    statements: float | None
    memory: float


class _Watched(NamedTuple):
    workers: Workers
    meter: Meter
    cpu: float
    statements: int | None
    control: int


async def measure(session: Session) -> list[Quantity]:
    """One window for all peers at once: an idle worker does not disturb another."""
    runs: dict[str, Runs[Idle]] = {name: Runs() for name in session.options.peers if name != "bare"}
    control = session.servers.database_name(_CONTROL)
    await session.servers.create_database(control)
    try:
        for number in range(session.options.runs):
            say(f"  window {number + 1} of {session.options.runs}")
            await _watch_window(session, runs)
    finally:
        await session.servers.drop_database(control)
    return _quantities(runs)


async def _watch_window(session: Session, runs: dict[str, Runs[Idle]]) -> None:
    with contextlib.ExitStack() as stack:
        started: dict[str, Workers] = {}
        for name, run in runs.items():
            if run.problem is None:
                try:
                    peer = await session.peer(name)
                    await peer.prepare(0)
                    started[name] = stack.enter_context(peer.work())
                except Exception as error:  # noqa: BLE001 - a peer that fails is shown as such
                    run.problem = describe(error)
        await asyncio.sleep(_SETTLE)
        watched = {name: await _begin(session, name, each) for name, each in started.items()}
        began = time.monotonic()
        await asyncio.sleep(session.options.idle_seconds)
        for name, each in watched.items():
            try:
                each.workers.require_alive()
                seconds = time.monotonic() - began
                runs[name].values.append(await _end(session, name, each, seconds))
            except Exception as error:  # noqa: BLE001 - as above
                runs[name].problem = describe(error)


async def _begin(session: Session, name: str, workers: Workers) -> _Watched:
    meter = Meter()
    statements = await (await session.peer(name)).statements()
    control = await _control(session)
    return _Watched(workers, meter, meter.read(workers.pids()), statements, control)


async def _end(session: Session, name: str, each: _Watched, seconds: float) -> Idle:
    used = each.meter.read(each.workers.pids()) - each.cpu
    statements = await (await session.peer(name)).statements()
    sent = None
    if statements is not None and each.statements is not None:
        housekeeping = await _control(session) - each.control
        sent = max(0, statements - each.statements - housekeeping) / seconds * 60
    return Idle(used / seconds * 100, sent, each.workers.memory() / 2**20)


async def _control(session: Session) -> int:
    return await session.servers.statements(session.servers.database_name(_CONTROL))


def _quantities(runs: dict[str, Runs[Idle]]) -> list[Quantity]:
    cpu = Quantity(
        name="idle cpu",
        title="Idle worker: CPU",
        unit="% of a core",
        figures=[figure(name, run, lambda idle: idle.cpu) for name, run in runs.items()],
        more_is_better=False,
        digits=2,
    )
    cpu.verdicts = [judge_limit(cpu, "horarium", 0.5)]
    statements = Quantity(
        name="idle statements",
        title="Idle worker: statements sent to PostgreSQL",
        unit="a minute",
        figures=[figure(name, run, lambda idle: idle.statements) for name, run in runs.items()],
        more_is_better=False,
        digits=1,
    )
    statements.verdicts = [judge_limit(statements, "horarium", 10)]
    memory = Quantity(
        name="idle memory",
        title="Idle worker: resident memory, all its processes",
        unit="MB",
        figures=[figure(name, run, lambda idle: idle.memory) for name, run in runs.items()],
        more_is_better=False,
        digits=1,
    )
    memory.verdicts = [judge_limit(memory, "horarium", 70)]
    return [cpu, statements, memory]
