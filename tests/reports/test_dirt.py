"""From a changed order to the build of its period: once, whatever happens meanwhile."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
from shop_orders import DAY, NOON, build_day, place, reported

from horarium.application import Horarium
from horarium.database import Connection, Database
from horarium.reports import (
    Period,
    build,
    freshness,
    freshness_of_days,
    period_at,
    periods,
    revisions,
)
from horarium.reports.definition import WATCHED, Definition
from horarium.reports.dirt import Look, look, watch_reports
from horarium.reports.tasks import TASK
from horarium.settings import Settings
from horarium.shop import profile
from horarium.testing import run_jobs

RESTED = 6.0
"""Seconds after a change when its period's orders have rested."""


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[Horarium]:
    app = Horarium(Settings(database_url=database_url))
    async with app.running():
        await app.settle()
        yield app


async def looked(app: Horarium, after: float = RESTED) -> Look:
    """A look, as if so many seconds had passed."""
    assert app.reports is not None
    async with app.database.connection() as connection:
        now = await connection.fetchval("select clock_timestamp()")
    return await look(app.database, app.reports, 60.0, now=now + timedelta(seconds=after))


async def builds(connection: Connection) -> list[str]:
    """The periods of the builds that wait."""
    rows = await connection.fetch(
        "select arguments->'kwargs'->>'starts_at' as at from horarium.jobs where task = $1"
        " order by at",
        TASK,
    )
    return [row["at"][:10] for row in rows]


async def notes_and_marks(connection: Connection) -> tuple[int, int]:
    return tuple(
        await connection.fetchrow(
            "select (select count(*) from shop.changed_days),"
            " (select count(*) from horarium.report_marks)"
        )
    )


async def test_a_changed_order_is_reported_by_itself(app: Horarium, connection: Connection) -> None:
    await place(connection, "1", ("cup", 2, "1.50"))
    await build_day(connection)
    await place(connection, "late", ("cup", 1, "4.00"))
    fresh = await freshness(connection, DAY)
    assert (fresh.stale, fresh.revision) == (True, 1)
    assert fresh.stale_reason is not None
    assert fresh.stale_reason.startswith("orders of this period were changed")

    assert await looked(app, after=0) == Look(notes=2, builds=0)
    assert (await freshness(connection, DAY)).stale_since == fresh.stale_since
    assert (await looked(app)).builds == 1
    assert (await looked(app)).builds == 0
    assert await builds(connection) == [str(DAY)]

    (ran,) = await run_jobs(app)
    assert ran.result == {"report": "orders", "day": str(DAY), "revision": 2, "rows": 2}
    assert await reported(connection) == {"1": (1, Decimal("3.00")), "late": (1, Decimal("4.00"))}
    newest, _ = await revisions(connection, DAY)
    assert (newest.reason, newest.rows_added, newest.job) == ("dirty", 1, ran.id)
    assert not (await freshness(connection, DAY)).stale
    assert await notes_and_marks(connection) == (0, 0)


async def test_a_day_that_was_never_built_is_built(app: Horarium, connection: Connection) -> None:
    await place(connection, "1", ("cup", 2, "1.50"))
    await looked(app)
    await run_jobs(app)
    assert set(await reported(connection)) == {"1"}


async def test_a_hundred_thousand_orders_are_one_job_a_day(
    app: Horarium, connection: Connection
) -> None:
    for batch in range(10):
        await connection.execute(
            "insert into shop.orders (id, currency, placed_at) select $1 || '-' || n, 'EUR',"
            " '2026-03-02Z'::timestamptz + n * interval '25 seconds'"
            " from generate_series(1, 10000) n",
            str(batch),
        )
        # Each look sees a part, and nothing rests: an import goes on.
        await looked(app, after=0)
    assert (await connection.fetchrow("select count(*) from horarium.report_marks"))[0] == 3
    await looked(app)
    await looked(app)
    assert await builds(connection) == ["2026-03-02", "2026-03-03", "2026-03-04"]
    await run_jobs(app)
    total = await connection.fetchval("select count(*) from shop.reports")
    assert (total, await notes_and_marks(connection)) == (100_000, (0, 0))


async def test_many_look_at_once_and_nothing_is_doubled(
    app: Horarium, connection: Connection, database_url: str
) -> None:
    for number in range(12):
        await place(connection, str(number), ("cup", 1, "1"), at=NOON + timedelta(days=number))
    others = [Horarium(Settings(database_url=database_url)) for _ in range(4)]
    looks = await asyncio.gather(*(looked(each) for each in [app, *others] for _ in range(3)))
    assert sum(each.notes for each in looks) == await connection.fetchval(
        "select count(*) from shop.orders"
    )
    assert sum(each.builds for each in looks) == 12
    assert len(await builds(connection)) == 12
    await asyncio.gather(*(each.database.close() for each in others))


async def test_whoever_dies_in_a_look_has_done_nothing(
    app: Horarium, connection: Connection
) -> None:
    await place(connection, "1", ("cup", 1, "1"))
    with pytest.raises(ZeroDivisionError):
        async with app.database.transaction():
            assert (await looked(app)).builds == 1
            raise ZeroDivisionError
    assert await notes_and_marks(connection) == (1, 0)
    assert await builds(connection) == []
    assert (await looked(app)).builds == 1


async def test_a_change_that_commits_while_a_build_runs_is_built_after_it(
    app: Horarium, connection: Connection, database_url: str
) -> None:
    await place(connection, "1", ("cup", 1, "1"))
    await looked(app)
    builder = await Database(database_url).connect("builder")
    period = period_at(NOON)
    building = builder.transaction()
    await building.start()
    await build(builder, "orders", period, reason="test")  # it has seen the mark, and taken it away
    await place(connection, "meanwhile", ("cup", 1, "1"))
    with pytest.raises(asyncpg.LockNotAvailableError):
        await looked(app)  # the mark's row is still the build's; the look comes again
    await building.commit()
    assert set(await reported(connection)) == {"1"}
    assert (await freshness(connection, DAY)).stale

    await looked(app)
    await run_jobs(app)
    assert set(await reported(connection)) == {"1", "meanwhile"}
    assert await notes_and_marks(connection) == (0, 0)
    await builder.close()


async def test_a_mark_that_comes_while_a_build_runs_stays(
    app: Horarium, connection: Connection, database_url: str
) -> None:
    """A first build sees no mark, so that the look does not wait for it; nor may it clear one."""
    builder = await Database(database_url).connect("builder")
    building = builder.transaction()
    await building.start()
    await build(builder, "orders", period_at(NOON), reason="test")
    await place(connection, "meanwhile", ("cup", 1, "1"))
    assert (await looked(app)).builds == 1
    await building.commit()
    assert (await freshness(connection, DAY)).stale
    await run_jobs(app)
    assert set(await reported(connection)) == {"meanwhile"}
    await builder.close()


async def test_a_job_that_runs_is_no_reason_to_enqueue_none(
    app: Horarium, connection: Connection
) -> None:
    await place(connection, "1", ("cup", 1, "1"))
    await looked(app)
    await place(connection, "2", ("cup", 1, "1"))
    await looked(app)
    assert len(await builds(connection)) == 1  # it has not begun: it will see both
    await connection.execute(
        "update horarium.jobs set state = 'running', attempt = 1, worker = 0, started_at = now()"
    )
    await place(connection, "3", ("cup", 1, "1"))
    await looked(app)
    assert len(await builds(connection)) == 2


async def test_a_build_whose_job_was_lost_is_enqueued_again(
    app: Horarium, connection: Connection
) -> None:
    await place(connection, "1", ("cup", 1, "1"))
    await looked(app)
    assert (await looked(app, after=700)).builds == 0  # it waits still: one is enough
    await connection.execute("delete from horarium.jobs")
    assert (await looked(app, after=900)).builds == 0
    assert (await looked(app, after=1400)).builds == 1


async def test_today_is_built_provisionally_and_not_too_often(
    app: Horarium, connection: Connection
) -> None:
    now = datetime.now(UTC)
    today = period_at(now)
    if today.ends_at - now < timedelta(minutes=5) or now - today.starts_at < timedelta(seconds=60):
        pytest.skip("midnight is near")
    await place(connection, "1", ("cup", 1, "1"), at=now - timedelta(seconds=30))
    assert (await looked(app)).builds == 1
    await run_jobs(app)
    fresh = await freshness(connection, today.day)
    assert (fresh.provisional, fresh.stale) == (True, False)

    await place(connection, "2", ("cup", 1, "1"), at=now - timedelta(seconds=30))
    assert (await looked(app, after=40)).builds == 0
    assert (await looked(app, after=70)).builds == 1
    await run_jobs(app)
    assert set(await reported(connection, today.day)) == {"1", "2"}

    # What is still to come is not built before it has begun.
    tomorrow = today.ends_at + timedelta(hours=12)
    await place(connection, "3", ("cup", 1, "1"), at=tomorrow)
    assert (await looked(app, after=60)).builds == 0
    left = (today.ends_at - datetime.now(UTC)).total_seconds()
    assert (await looked(app, after=left + 60)).builds == 1


async def test_another_zone_moves_what_was_reported(
    database_url: str, connection: Connection
) -> None:
    first = Horarium(Settings(database_url=database_url, zone="UTC"))
    async with first.running():
        await first.settle()
        late = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)  # already 3 March in Moscow
        await place(connection, "1", ("cup", 1, "1"))
        await place(connection, "2", ("cup", 1, "1"), at=late)
        await looked(first)
        await run_jobs(first)
        assert set(await reported(connection)) == {"1", "2"}
        await place(connection, "3", ("cup", 1, "1"), at=late + timedelta(days=30))
        await looked(first, after=0)  # marked in the former zone, and not built yet

    moved = Horarium(Settings(database_url=database_url, zone="Europe/Moscow", sources={}))
    async with moved.running():
        assert (await moved.settle()).zone == "Europe/Moscow"
        fresh = await freshness(connection, DAY)
        assert fresh.stale
        assert "the shop's zone was changed" in (fresh.stale_reason or "")
        await looked(moved)
        await run_jobs(moved)
        assert set(await reported(connection)) == {"1"}
        assert set(await reported(connection, DAY + timedelta(days=1))) == {"2"}
        assert set(await reported(connection, date(2026, 4, 2))) == {"3"}
        days = [DAY + timedelta(days=n) for n in range(40)]
        assert {each.stale for each in await freshness_of_days(connection, days)} == {False}
        zones = await connection.fetch("select distinct zone from horarium.report_periods")
        assert [row["zone"] for row in zones] == ["Europe/Moscow"]
        assert await notes_and_marks(connection) == (0, 0)
        assert (await profile(connection)) is not None


async def test_reports_of_other_applications_are_marked_and_left_to_them(
    app: Horarium, connection: Connection
) -> None:
    hourly = Definition("hourly", "hour", "Asia/Tokyo", reads=(WATCHED,))
    blind = Definition("blind")
    await watch_reports(connection, "other:app", [hourly, blind])
    await place(connection, "1", ("cup", 1, "1"))
    assert (await looked(app)).builds == 1
    marks = await connection.fetch("select report, starts_at, zone from horarium.report_marks")
    assert {tuple(row) for row in marks} == {
        ("hourly", NOON, "Asia/Tokyo"),
        ("orders", datetime(2026, 3, 2, tzinfo=UTC), "UTC"),
    }
    await watch_reports(connection, "other:app", [blind])
    watched = await connection.fetch("select report from horarium.watched_reports")
    assert [row["report"] for row in watched] == ["orders"]


class Trouble:
    """Clients who write, look and build at once, some of them in vain."""

    def __init__(self, app: Horarium, database: Database, dice: random.Random) -> None:
        self.app = app
        self.database = database
        self.dice = dice

    async def client(self) -> None:
        for _ in range(40):
            with suppress(ZeroDivisionError, asyncpg.LockNotAvailableError):
                async with self.database.transaction() as own:
                    await self.dice.choice((self.write, self.look, self.build))(own)
                    await asyncio.sleep(self.dice.random() * 0.02)
                    if self.dice.random() < 0.2:
                        raise ZeroDivisionError

    async def write(self, own: Connection) -> None:
        at = NOON + timedelta(days=self.dice.randrange(4), seconds=self.dice.randrange(3600))
        identity = str(self.dice.randrange(20))
        if self.dice.random() < 0.3:
            await own.execute("delete from shop.orders where id = $1", identity)
            return
        await own.execute(
            "insert into shop.orders (id, currency, placed_at) values ($1, 'EUR', $2)"
            " on conflict (id) do update set placed_at = excluded.placed_at",
            *(identity, at),
        )

    async def look(self, _: Connection) -> None:
        assert self.app.reports is not None
        later = datetime.now(UTC) + timedelta(seconds=self.dice.choice((0, 60)))
        await look(self.database, self.app.reports, 60.0, now=later)

    async def build(self, own: Connection) -> None:
        day = period_at(NOON + timedelta(days=self.dice.randrange(4)))
        await build(own, "orders", day, reason="test")


async def test_whatever_happens_at_once_no_change_is_lost(
    app: Horarium, connection: Connection, database_url: str
) -> None:
    """Orders are written, moved and deleted while looks and builds go on, some of which fail: in
    the end each day's rows are its orders.
    """
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - shown where it fails
    database = Database(database_url, size=5)
    trouble = Trouble(app, database, random.Random(seed))
    await asyncio.gather(*(trouble.client() for _ in range(5)))
    await database.close()
    await looked(app, after=60)
    await run_jobs(app)
    assert await notes_and_marks(connection) == (0, 0)
    for number in range(4):
        period = period_at(NOON + timedelta(days=number))
        rows = await connection.fetch(
            "select id from shop.orders where placed_at >= $1 and placed_at < $2",
            *(period.starts_at, period.ends_at),
        )
        assert set(await reported(connection, period.day)) == {row["id"] for row in rows}
        if rows:
            assert not (await freshness(connection, period.day)).stale


async def test_schedulers_and_workers_keep_reports_fresh(
    app: Horarium, connection: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two schedulers and a worker, as they run in processes of their own."""
    monkeypatch.setattr("horarium.reports.upkeep.EVERY", 0.05)
    monkeypatch.setattr("horarium.reports.marks.QUIET", timedelta(seconds=0.2))
    await build_day(connection)
    worker = app.broker.worker()
    other = Horarium(Settings(database_url=database_url))
    schedulers = [each.scheduler.engine().run() for each in (app, other)]
    running = [asyncio.create_task(each) for each in (worker.run(), *schedulers)]
    try:
        for number in range(20):
            await place(connection, str(number), ("cup", 1, "1"))
        async with asyncio.timeout(60):
            while len(await reported(connection)) < 20:
                await asyncio.sleep(0.02)
            while (await freshness(connection, DAY)).stale:
                await asyncio.sleep(0.02)
    finally:
        worker.stop()
        for task in running[1:]:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await other.database.close()


async def test_a_report_of_ones_own_is_built_again_hour_by_hour(
    database_url: str, connection: Connection
) -> None:
    app = Horarium(Settings(database_url=database_url))

    @app.report("takings", every="hour", reads="shop.orders", ready_by="+00:10")
    def takings(period: Period) -> str:
        return (
            "select count(*) as n from shop.orders where placed_at >= :start and placed_at < :end"
        )

    assert app.reports is not None
    async with app.running():
        await app.settle()
        await watch_reports(connection, "mine", list(app.reports.definitions.values()))
        for number, hour in enumerate((9, 9, 14)):
            await place(connection, str(number), ("cup", 1, "1"), at=NOON.replace(hour=hour))
        assert (await looked(app)).builds == 3  # two hours, and the day of the order report
        await run_jobs(app)
        definition = app.reports.definition("takings")
        built = (await periods(connection, report=definition)).items
        assert [(each.starts_at.hour, each.reason) for each in built] == [
            (14, "dirty"),
            (9, "dirty"),
        ]
        assert {each.stale for each in built} == {False}
        assert await notes_and_marks(connection) == (0, 0)


async def test_backfill_takes_the_marks_away(app: Horarium, connection: Connection) -> None:
    periods: list[Period] = []
    for number in range(3):
        await place(connection, str(number), ("cup", 1, "1"), at=NOON + timedelta(days=number))
        periods.append(period_at(NOON + timedelta(days=number)))
    await looked(app, after=0)
    kinds: list[Any] = []
    async with app.transaction() as own:
        kinds = [await build(own, "orders", each, reason="backfill") for each in periods]
    assert [each.reason for each in kinds] == ["backfill"] * 3
    assert (await looked(app)).builds == 0
    assert await notes_and_marks(connection) == (0, 0)
