"""The year, and the ways to build it."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path

from horarium.application import Horarium
from horarium.database import Connection
from horarium.engine import backfill, roster
from horarium.reports import build, period_of
from horarium.settings import Settings
from horarium.shop import import_orders

ZONE = "Europe/London"
FIRST, LAST = date(2010, 12, 1), date(2011, 12, 9)
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
PATIENCE = 600.0

_EMPTY = "truncate shop.reports, horarium.report_periods, horarium.report_revisions"
_FORGET = "truncate shop.changed_days, horarium.report_marks"


def application(url: str) -> Horarium:
    return Horarium(Settings(database_url=url, zone=ZONE, currency="GBP"))


async def prepare(url: str, file: Path) -> None:
    """Import the orders, and make the report's schedule."""
    app = application(url)
    async with app.running():
        await app.settle()
        await app.scheduler.synchronise()
        async with app.transaction() as connection:
            await import_orders(connection, file, mapping="uci")
        async with app.database.connection() as connection:
            await connection.execute("analyze")


async def one_by_one(url: str) -> float:
    """Days a second on one connection, a commit each."""
    app = application(url)
    async with app.running(), app.database.connection() as connection:
        await _clear(connection)
        began = time.perf_counter()
        for day in DAYS:
            async with connection.transaction():
                await build(connection, "orders", period_of(day, "day", ZONE), reason="benchmark")
        rate = len(DAYS) / (time.perf_counter() - began)
        await _clear(connection)
    return rate


async def backfilled(url: str) -> float:
    """Days a second by a backfill, from its beginning to the last commit."""
    app = application(url)
    async with app.running(), app.database.connection() as connection:
        began = time.perf_counter()
        start, end = period_of(FIRST, "day", ZONE), period_of(LAST, "day", ZONE)
        done = await backfill(app.book, "orders", start.starts_at, end.ends_at, redo=True)
        if done.enqueued != len(DAYS):
            raise RuntimeError(f"{done.enqueued} of {len(DAYS)} days were enqueued")
        await _until(connection, "select count(*) from horarium.report_periods", len(DAYS))
        rate = len(DAYS) / (time.perf_counter() - began)
        await _until(connection, "select count(*) from horarium.jobs", 0)
        await _check(connection)
    return rate


async def changed(url: str) -> float:
    """Seconds from a commit that changes all orders until every day of theirs is fresh again."""
    app = application(url)
    async with app.running(), app.database.connection() as connection:
        await connection.execute("update shop.orders set updated_at = now()")
        began = time.perf_counter()
        await _until(
            connection,
            "select (select count(*) from shop.changed_days)"
            " + (select count(*) from horarium.report_marks)",
            0,
        )
        seconds = time.perf_counter() - began
        await _until(connection, "select count(*) from horarium.jobs", 0)
        await _check(connection)
    return seconds


@asynccontextmanager
async def processes(url: str) -> AsyncIterator[None]:
    """A scheduler and a worker for the time of a block, as they run on a server."""
    settings = {"DATABASE_URL": url, "HORARIUM_ZONE": ZONE, "HORARIUM_CURRENCY": "GBP"}
    environment = {**os.environ, **settings, "HORARIUM_LOG_LEVEL": "error"}
    running = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "horarium", part, env=environment
        )
        for part in ("worker", "scheduler")
    ]
    app = application(url)
    try:
        async with app.running(), asyncio.timeout(PATIENCE):
            while True:
                if any(each.state == "live" for each in await roster(app.database)):
                    break
                await asyncio.sleep(0.1)
        yield
    finally:
        for process in running:
            process.terminate()
        await asyncio.gather(*(process.wait() for process in running))


async def _until(connection: Connection, question: str, wanted: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            if await connection.fetchval(question) == wanted:
                return
            await asyncio.sleep(0.02)


async def _check(connection: Connection) -> None:
    """The rows are the orders, or the figure is worth nothing."""
    rows, orders = await connection.fetchrow(
        "select (select count(*) from shop.reports), (select count(*) from shop.orders)"
    )
    if rows != orders:
        raise RuntimeError(f"{rows} rows of {orders} orders")


async def _clear(connection: Connection) -> None:
    await connection.execute(_EMPTY)
    await connection.execute(_FORGET)
