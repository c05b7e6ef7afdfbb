"""Running schedulers, on the database's own clock."""

import asyncio
import os
import signal
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from schedule_examples import SECOND, at, cron, every

from horarium.database import Database
from horarium.engine.jobs.ledger import Ledger
from horarium.engine.schedules import scheduler as schedulers
from horarium.engine.schedules.book import Book
from horarium.engine.schedules.schedule import Overlap
from horarium.engine.schedules.scheduler import Scheduler
from horarium.events import Events, Fired

HERE = Path(__file__).parent
A_WHILE = 60.0


class Watched:
    """A running scheduler, and a stream of what it decides."""

    def __init__(self, ledger: Ledger) -> None:
        self.fired: asyncio.Queue[Fired] = asyncio.Queue()
        events = Events()
        events.subscribe(self.fired.put_nowait)
        self.scheduler = Scheduler(ledger, events)

    async def next(self, count: int = 1) -> list[Fired]:
        async with asyncio.timeout(A_WHILE):
            return [await self.fired.get() for _ in range(count)]


@asynccontextmanager
async def running(ledger: Ledger) -> AsyncIterator[Watched]:
    watched = Watched(ledger)
    task = asyncio.create_task(watched.scheduler.run())
    yield watched
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def book(database_url: str) -> AsyncIterator[Book]:
    database = Database(database_url)
    yield Book(Ledger(database))
    await database.close()


async def count(database: Database, table: str) -> int:
    async with database.connection() as connection:
        return int(await connection.fetchval(f"select count(*) from horarium.{table}"))


async def now(book: Book) -> datetime:
    async with book.database.connection() as connection:
        return await book.now(connection)


async def test_every_second_is_decided_within_a_blink(book: Book) -> None:
    async with running(book.ledger) as watched:
        schedule = every(1, overlap=Overlap.ALLOW, anchor=None)
        await book.put(schedule, "api")
        await watched.next(4)
    firings = await book.firings("each")
    late = sorted(each.decided_at - each.due_at for each in firings)
    assert late[0] >= timedelta(0)
    assert late[len(late) // 2] < SECOND / 2
    dues = sorted(each.due_at for each in firings)
    assert dues == [dues[0] + number * SECOND for number in range(len(dues))]


async def test_it_sleeps_until_something_is_put_and_then_fires_it(book: Book) -> None:
    async with running(book.ledger) as watched:
        await book.put(cron("0 0 1 1 *", "new year"), "api")
        await book.put(at(await now(book), "at once"), "api")
        (fired,) = await watched.next()
        assert (fired.schedule, fired.outcome) == ("at once", "enqueued")


async def test_what_waits_is_released_when_the_job_ends(book: Book) -> None:
    ledger = book.ledger
    await book.put(every(1, overlap=Overlap.BUFFER_ONE, anchor=None), "api")
    async with running(ledger) as watched:
        first, second = await watched.next(2)
        assert (first.outcome, second.outcome) == ("enqueued", "buffered")
        await book.pause("each", "enough")
        await book.put(cron("0 0 1 1 *", "each"), "api")  # it stays paused
        await book.resume("each")
        assert first.job is not None
        await ledger.cancel(first.job, "to let the next one in")
        while (fired := (await watched.next())[0]).due_at != second.due_at:
            pass
        assert (fired.outcome, fired.job is not None) == ("enqueued", True)


async def test_a_lost_notification_only_delays_a_release(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedulers, "_LOOK_AT_ALL", 0.0)
    await book.put(every(1, overlap=Overlap.BUFFER_ONE, anchor=None), "api")
    async with running(book.ledger) as watched:
        first, second = await watched.next(2)
        async with book.database.connection() as connection:
            await connection.execute("delete from horarium.jobs where id = $1", first.job)
        while (fired := (await watched.next())[0]).due_at != second.due_at:
            pass
        assert fired.outcome == "enqueued"


async def test_it_goes_on_after_its_connections_were_cut(book: Book) -> None:
    async with running(book.ledger) as watched:
        await book.put(at(await now(book), "before"), "api")
        await watched.next()
        async with book.database.connection() as connection:
            await connection.fetch(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and application_name like"
                " 'horarium %' and pid <> pg_backend_pid()"
            )
        await book.put(at(await now(book), "after"), "api")
        (fired,) = await watched.next()
        assert fired.schedule == "after"


async def test_a_step_that_fails_does_not_end_the_scheduler(book: Book) -> None:
    async with running(book.ledger) as watched:
        async with book.database.connection() as connection:
            await connection.execute("alter table horarium.firings rename to hidden")
            await book.put(at(await now(book), "each"), "api")
            await connection.execute("alter table horarium.hidden rename to firings")
        (fired,) = await watched.next()
        assert fired.outcome == "enqueued"


async def test_two_processes_make_each_job_once(book: Book) -> None:
    start = await now(book) + 2 * SECOND
    for number in range(10):
        await book.put(at(start + number * SECOND / 20, f"schedule {number}"), "api")
    url = await book.database.url()
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, str(HERE / "scheduling.py"), url)
        for _ in range(2)
    ]
    try:
        async with asyncio.timeout(A_WHILE):
            while await count(book.database, "firings") < 10:
                await asyncio.sleep(0.02)
    finally:
        for process in processes:
            process.kill()
            await process.wait()
    assert await count(book.database, "jobs") == 10


async def test_the_earlier_of_two_schedulers_may_be_killed_at_any_moment(book: Book) -> None:
    await book.put(every(1, overlap=Overlap.ALLOW, anchor=None), "api")
    url = await book.database.url()
    killed = 0
    async with asyncio.timeout(A_WHILE):
        while killed < 2:
            process = await asyncio.create_subprocess_exec(
                sys.executable, str(HERE / "scheduling.py"), url
            )
            before = await count(book.database, "firings")
            while await count(book.database, "firings") == before:
                await asyncio.sleep(0.01)
            process.kill()
            await process.wait()
            killed += 1
    firings = await book.firings("each", count=100)
    assert sum(each.outcome == "enqueued" for each in firings) == await count(book.database, "jobs")
    first = min(each.due_at for each in firings)
    until = (await book.show("each")).decided_until
    assert sum(each.count for each in firings) == (until - first) // SECOND + 1


# TaskIQ's own command

MODULE = textwrap.dedent(
    """
    import os
    from horarium.database import Database
    from horarium.engine import Book, Ledger, LedgerBroker, LedgerScheduler
    from horarium.events import Events
    from horarium.settings import Settings

    ledger = Ledger(Database(os.environ["DATABASE_URL"]))
    broker = LedgerBroker(ledger, Settings(), Events())

    async def declared():
        return []

    scheduler = LedgerScheduler(broker, Book(ledger), "tests", declared)

    @broker.task("shop:tick", schedule=[{"interval": 1, "overlap": "allow"}])
    async def tick() -> None: ...

    @broker.task("shop:minute", schedule=[{"cron": "* * * * *"}])
    async def minute() -> None: ...
    """
)


async def start_taskiq(
    folder: Path, url: str, *arguments: str, module: str = MODULE
) -> asyncio.subprocess.Process:
    (folder / "shop_schedules.py").write_text(module)
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "taskiq", "scheduler", "shop_schedules:scheduler", *arguments,
        cwd=folder,
        env={**os.environ, "DATABASE_URL": url},
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def test_taskiqs_scheduler_twice_never_doubles_and_ends_when_told(
    book: Book, tmp_path: Path
) -> None:
    url = await book.database.url()
    processes = [
        await start_taskiq(tmp_path, url),
        await start_taskiq(tmp_path, url, "--skip-first-run"),
    ]
    try:
        async with asyncio.timeout(A_WHILE):
            while await count(book.database, "firings") < 4:
                await asyncio.sleep(0.05)
            while (
                await count(book.database, "schedules where state = 'active'") < 2
                or await listening(book.database) < 2
            ):
                await asyncio.sleep(0.05)
            for process, ending in zip(processes, (signal.SIGTERM, signal.SIGINT), strict=True):
                process.send_signal(ending)
            ended = await asyncio.gather(*(process.communicate() for process in processes))
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
    for process, (_, errors) in zip(processes, ended, strict=True):
        assert process.returncode == 0, errors.decode()
        assert b"Traceback" not in errors, errors.decode()
    firings = await book.firings("shop:tick", count=100)
    dues = sorted(each.due_at for each in firings)
    assert dues == [dues[0] + number * SECOND for number in range(len(dues))]
    assert await count(book.database, "jobs") == await count(book.database, "firings")
    # Nothing ran for the minute that had begun before the start.
    minutes = await book.firings("shop:minute")
    kept = await book.show("shop:minute")
    assert all(each.due_at > kept.created_at for each in minutes)
    assert kept.version == 1


async def listening(database: Database) -> int:
    async with database.connection() as connection:
        return int(
            await connection.fetchval(
                "select count(*) from pg_stat_activity where datname = current_database()"
                " and application_name = 'horarium scheduler'"
            )
        )


async def test_taskiqs_scheduler_refuses_a_bad_label_at_once(book: Book, tmp_path: Path) -> None:
    bad = MODULE.replace('"allow"', '"sometimes"')
    process = await start_taskiq(tmp_path, await book.database.url(), module=bad)
    _, errors = await asyncio.wait_for(process.communicate(), A_WHILE)
    assert process.returncode != 0
    assert b"schedule of shop:tick, overlap: 'sometimes'" in errors
    assert await count(book.database, "schedules") == 0
