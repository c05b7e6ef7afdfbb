"""The timetable under load: many schedules, few of them due, and then very many at once.

Horarium's scheduler is measured alone here; `beats` puts it beside those of the peers.
"""

import asyncio
import os
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from benchmarks.figures import Figure, Quantity, Verdict, judge_limit
from benchmarks.peer import product_python
from benchmarks.process import Meter, Workers
from benchmarks.scheduler_cost import cpu_of
from benchmarks.session import Session, say
from benchmarks.tasks import far_rules
from horarium import migrations
from horarium.database import Database
from horarium.engine import At, Book, Cron, Ledger, Overlap, Schedule, Timetable, put_many

_NAME = "timetable"
_DUE_IN_THE_MINUTE = 100
_BURST = 10_000
_TASK = "benchmarks:nothing"
_MOST_SECONDS = 60.0


class Place(NamedTuple):
    session: Session
    name: str
    database: Database
    book: Book


class Put(NamedTuple):
    """How long it took to put schedules, and the CPU seconds of this process and of PostgreSQL."""

    seconds: float
    cpu: float


class _Late(NamedTuple):
    p50: float
    p99: float


class _Minute(NamedTuple):
    """What a scheduler cost, how late it was, and the megabytes that it has at the end."""

    cpu: float
    late: _Late
    memory: float


async def measure(session: Session) -> list[Quantity]:
    """As many schedules as `--schedules` says, in one database."""
    async with opened(session) as place:
        wanted = session.options.schedules
        put = await put_far(place, wanted)
        say(f"  {wanted:,} schedules put in {put.seconds:.1f} s, {put.cpu:.1f} s of CPU")
        start = await _start(place)
        first, idle = await _minutes(place)
        burst = await _burst(place)
    return [
        _quantity("put", f"{wanted:,} schedules put", "s", put.seconds, 120 * wanted / 1e6, 1),
        _quantity("put cpu", "The same, CPU of both ends", "s", put.cpu, None, 1),
        _quantity("scheduler start", "Scheduler start to first firing", "s", start, 1.0, 2),
        _quantity("idle minute", "CPU of a minute, 100 due", "s", idle.cpu, 0.3, 2),
        _quantity("round", "The same with the hour's round in it", "s", first.cpu, None, 2),
        _quantity("late p50", "Lateness, median", "ms", idle.late.p50 * 1000, 5, 1),
        _quantity("late p99", "Lateness, 99th percentile", "ms", idle.late.p99 * 1000, 50, 1),
        _quantity("scheduler memory", "Memory of a scheduler", "MB", idle.memory, 120, 0),
        burst,
    ]


@asynccontextmanager
async def opened(session: Session) -> AsyncIterator[Place]:
    name = session.servers.database_name(_NAME)
    await session.servers.create_database(name)
    url = session.servers.database_url(name)
    database = Database(url)
    try:
        await migrations.upgrade_async(url)
        yield Place(session, name, database, Book(Ledger(database)))
    finally:
        await database.close()
        await session.servers.drop_database(name)


async def put_far(place: Place, count: int) -> Put:
    """A day's worth of rules, none of them due for months, so that what is due is known."""
    began, own, meter = time.monotonic(), time.process_time(), Meter()
    schedules = [
        _schedule(f"far {number}", Timetable(Cron(rule)))
        for number, rule in enumerate(far_rules(count))
    ]
    async with place.database.transaction() as connection:
        serving = [await connection.fetchval("select pg_backend_pid()")]
        before = meter.read(serving)
        await put_many(place.book, schedules, "api")
        cpu = time.process_time() - own + meter.read(serving) - before
    seconds = time.monotonic() - began
    await _execute(place, "vacuum analyze horarium.schedules")
    return Put(seconds, cpu)


def _schedule(id: str, timetable: Timetable) -> Schedule:
    return Schedule(id=id, task=_TASK, timetable=timetable, overlap=Overlap.ALLOW)


async def _start(place: Place) -> float:
    """From the start of the process until the first due time has been decided."""
    await _at(place, "start", [datetime.now(UTC) - timedelta(seconds=1)])
    began = datetime.now(UTC)
    with schedulers(place, 1) as workers:
        decided = await _decided(place, "start", 1, workers)
    return (max(decided) - began).total_seconds()


async def _minutes(place: Place) -> tuple[_Minute, _Minute]:
    """The scheduler's first minute, with the hour's round of proofs, and one without it."""
    with schedulers(place, 1) as workers:
        await asyncio.sleep(5)
        first = await _minute(place, workers, "first")
        await _proved(place)
        return first, await _minute(place, workers, "minute")


async def _minute(place: Place, workers: Workers, name: str) -> _Minute:
    seconds = place.session.options.idle_seconds
    begins = datetime.now(UTC) + timedelta(seconds=2)
    step = timedelta(seconds=seconds / _DUE_IN_THE_MINUTE)
    await _at(place, name, [begins + n * step for n in range(_DUE_IN_THE_MINUTE)])
    cpu = await cpu_of(place.session.servers, place.name, workers, seconds + 3)
    late = await _lateness(place, name)
    return _Minute(cpu / (seconds + 3) * 60, late, workers.memory() / 2**20)


async def _proved(place: Place) -> None:
    """Wait until a round has been made; a scheduler makes its first after a minute."""
    deadline = time.monotonic() + 2 * _MOST_SECONDS
    while time.monotonic() < deadline:
        if await _value(place, "select max(proved_at) from horarium.timetable") is not None:
            return
        await asyncio.sleep(1)
    raise RuntimeError("the scheduler made no round of proofs")


async def _burst(place: Place) -> Quantity:
    """Very many in the same second, with two schedulers."""
    with schedulers(place, 2) as workers:
        due = datetime.now(UTC) + timedelta(seconds=8)
        await _at(place, "burst", [due] * _BURST)
        decided = await _decided(place, "burst", _BURST, workers)
    seconds = (max(decided) - due).total_seconds()
    jobs = await _value(place, "select count(*) from horarium.jobs where schedule like 'burst %'")
    quantity = _quantity(
        "burst", f"{_BURST:,} due in one second, two schedulers", "s", seconds, 1.0, 2
    )
    quantity.verdicts.append(Verdict("none doubled, none lost", f"{jobs:,} jobs", jobs == _BURST))
    return quantity


def schedulers(place: Place, count: int) -> Workers:
    environment = {
        **os.environ,
        "DATABASE_URL": place.session.servers.database_url(place.name),
        "HORARIUM_APP": "benchmarks.tasks.horarium:app",
        "HORARIUM_LOG_LEVEL": "warning",
    }
    command = [str(product_python()), "-m", "horarium", "scheduler"]
    log = place.session.servers.folder / "timetable.log"
    return Workers([command] * count, environment, log)


async def _at(place: Place, name: str, instants: Sequence[datetime]) -> None:
    schedules = [
        _schedule(f"{name} {number}", Timetable(At(instant)))
        for number, instant in enumerate(instants)
    ]
    await put_many(place.book, schedules, "api")


async def _decided(place: Place, name: str, count: int, workers: Workers) -> list[datetime]:
    sql = "select decided_at from horarium.firings where schedule like $1"
    deadline = time.monotonic() + _MOST_SECONDS
    while time.monotonic() < deadline:
        workers.require_alive()
        rows = await _rows(place, sql, f"{name} %")
        if len(rows) >= count:
            return [row["decided_at"] for row in rows]
        await asyncio.sleep(0.2)
    raise RuntimeError(f"not all of {count:,} due times were decided in {_MOST_SECONDS:.0f} s")


async def _lateness(place: Place, name: str) -> _Late:
    """From when a due time came until its job was there for a worker."""
    rows = await _rows(
        place,
        "select extract(epoch from decided_at - due_at)::float8 as late from horarium.firings"
        " where schedule like $1",
        f"{name} %",
    )
    late = sorted(row["late"] for row in rows)
    if len(late) < _DUE_IN_THE_MINUTE:
        raise RuntimeError(f"only {len(late)} due times were decided")
    return _Late(statistics.median(late), late[int(len(late) * 0.99) - 1])


async def _rows(place: Place, sql: str, *values: Any) -> list[Any]:
    async with place.database.connection() as connection:
        return list(await connection.fetch(sql, *values))


async def _value(place: Place, sql: str) -> Any:
    async with place.database.connection() as connection:
        return await connection.fetchval(sql)


async def _execute(place: Place, sql: str) -> None:
    async with place.database.connection() as connection:
        await connection.execute(sql)


def _quantity(
    name: str, title: str, unit: str, value: float, most: float | None, digits: int
) -> Quantity:
    quantity = Quantity(
        name=name,
        title=title,
        unit=unit,
        figures=[Figure(peer="horarium", values=[value])],
        more_is_better=False,
        digits=digits,
    )
    if most is not None:
        quantity.verdicts = [judge_limit(quantity, "horarium", most)]
    return quantity
