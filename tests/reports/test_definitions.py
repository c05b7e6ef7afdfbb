"""Definitions: in Python and in files, what is refused of them, and from where they are built."""

import gzip
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from databases import Databases
from horarium import Horarium, reports
from horarium.database import Database
from horarium.engine import CatchUp, Overlap, backfill
from horarium.errors import InvalidInput
from horarium.reports import Days, Period, stream_rows
from horarium.reports.definition_file import read_file, read_folder
from horarium.reports.failure import failures
from horarium.settings import Settings
from horarium.testing import run_jobs

HEADER = """\
-- name: sales
-- every: day
-- columns: invoices bigint, units bigint, value numeric(10,2)
-- source: shop
-- check: row count equals 1
-- check: sum of value equals
--   select coalesce(sum(total), 0) from invoice
--   where invoice_date >= :start and invoice_date < :end
"""
QUERY = """
-- The lines, and not the totals of joined invoices: those would be counted once a line.
select count(distinct i.invoice_id) as invoices, coalesce(sum(l.quantity), 0) as units,
    coalesce(sum(l.quantity * l.unit_price), 0) as value
from invoice i join invoice_line l using (invoice_id)
where i.invoice_date >= :start and i.invoice_date < :end
"""


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[Horarium]:
    app = Horarium(Settings(database_url=database_url, zone="America/Sao_Paulo"))
    async with app.running():
        await app.settle()
        yield app


@pytest.fixture(scope="session")
def chinook_url(databases: Databases, shared_data: Path) -> Iterator[str]:
    name = databases.create()
    text = gzip.decompress((shared_data / "chinook" / "Chinook_PostgreSql.sql.gz").read_bytes())
    script = text.decode().partition("\\c chinook;")[2]
    url = databases.address(name)
    databases.run(_run(url, script))
    yield url
    databases.drop(name)


async def _run(url: str, script: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(script)
    await connection.close()


async def held(app: Horarium, name: str, day: date) -> list[tuple[Any, ...]]:
    async with app.database.connection() as connection:
        return [row async for row in stream_rows(connection, name, Days(day, day))]


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
async def test_a_shop_of_another_schema(
    database_url: str, chinook_url: str, tmp_path: Path, zone: str
) -> None:
    (tmp_path / "chinook.sql").write_text(HEADER + QUERY)
    settings = Settings(
        database_url=database_url, zone=zone, reports=tmp_path, report_sources={"shop": chinook_url}
    )
    app = Horarium(settings)
    known = {
        "2021-01-01": (1, 2, "1.98"), "2025-12-04": (2, 4, "3.96"), "2025-12-22": (1, 1, "1.99"),
        "2023-07-15": (0, 0, "0.00"), "2024-02-29": (0, 0, "0.00"),
    }  # fmt: skip
    async with app.running():
        await app.settle()
        for day in known:
            await app.build_report(date.fromisoformat(day), "sales")
        assert {job.state for job in await run_jobs(app)} == {"succeeded"}
        for day, (invoices, units, value) in known.items():
            (row,) = await held(app, "sales", date.fromisoformat(day))
            assert (row[1], row[2], str(row[3])) == (invoices, units, value)


async def test_a_source_is_only_read(database_url: str, chinook_url: str) -> None:
    app = Horarium(Settings(database_url=database_url, report_sources={"shop": chinook_url}))

    @app.report("sly", source="shop")
    def sly(period: Period) -> str:
        return "select nextval('pg_temp.n') as n, lo_create(0) as o"

    @app.report("cte", source="shop")
    def cte(period: Period) -> str:
        return "with x as (delete from invoice returning 1 as n) select n from x"

    async with app.running():
        for name in ("sly", "cte"):
            await app.build_report(date(2021, 1, 1), name)
        ran = await run_jobs(app)
        assert {(job.state, job.attempt) for job in ran} == {("failed", 1)}
        async with app.database.connection() as connection:
            (failed,) = await failures(connection, "cte")
            assert "may only read" in failed.problem


async def test_a_source_that_is_down_is_tried_again(database_url: str) -> None:
    url = "postgresql://shop:secret@127.0.0.1:1/shop"
    app = Horarium(Settings(database_url=database_url, report_sources={"shop": url}))

    @app.report("sales", source="shop")
    def sales(period: Period) -> str:
        return "select 1 as n"

    async with app.running():
        job = await app.build_report(date(2021, 1, 1), "sales")
        ran = await run_jobs(app)
        assert [(each.id, each.state) for each in ran] in ([], [(job, "retrying")])
        assert (await app.ledger.show(job)).state == "retrying"
        async with app.database.connection() as connection:
            (failed,) = await failures(connection, "sales")
            assert "the source shop at postgresql://shop:***@127.0.0.1:1" in failed.problem
            assert await connection.fetchval("select count(*) from horarium.report_rows") == 0


async def test_a_failed_check_fails_its_job_at_once(app: Horarium) -> None:
    good = True

    @app.report("checked", every="hour", checks="select bool_and(good) from rows")
    def checked(period: Period) -> str:
        return f"select {good} as good"

    start = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
    await app.reports.enqueue_build("checked", start.date(), "by hand", starts_at=start)
    (ran,) = await run_jobs(app)
    assert (ran.state, ran.result["revision"]) == ("succeeded", 1)
    good = False
    await app.reports.enqueue_build("checked", start.date(), "by hand", starts_at=start)
    (ran,) = await run_jobs(app)
    assert (ran.state, ran.attempt) == ("failed", 1)
    assert ran.error is not None
    assert "failed its check 'select bool_and(good) from rows'" in ran.error.message
    async with app.database.connection() as connection:
        (failed,) = await failures(connection, "checked")
        assert (failed.starts_at, failed.job) == (start.replace(minute=0), ran.id)
    assert [row[1] for row in await held(app, "checked", start.date())] == [True]
    good = True
    await app.reports.enqueue_build("checked", start.date(), "by hand", starts_at=start)
    await run_jobs(app)
    async with app.database.connection() as connection:
        assert await failures(connection, "checked") == []


async def test_each_report_has_a_schedule(app: Horarium) -> None:
    @app.report("weekly", every="week", zone="Asia/Tokyo")
    def weekly(period: Period) -> str:
        return "select 1 as n"

    schedules = {each.id: each for each in app.reports.schedules("UTC")}
    assert set(schedules) == {"orders", "weekly"}
    assert schedules["weekly"].timetable.zone == "Asia/Tokyo"
    for each in schedules.values():  # no period is left out, and none is built beside another
        assert (each.overlap, each.catch_up) == (Overlap.BUFFER_ALL, CatchUp.ALL)
        assert each.catch_up_window == timedelta(days=31).total_seconds()


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"every": "year"}, "every: 'year'"),
        ({"zone": "Mars"}, "zone: 'Mars'"),
        ({"columns": "a money"}, "'a money' is no column"),
        ({"columns": "a text, a text"}, "two columns are called 'a'"),
        ({"columns": "a text", "key": "b"}, "no column 'b'"),
        ({"columns": "a integer(3)"}, "only numeric takes"),
        ({"checks": "rows > 0"}, "is no check"),
        ({"checks": "row count over many"}, "nothing to compare with"),
        ({"source": "shop"}, "HORARIUM_SOURCE_SHOP"),
        ({"timeout": 0}, "timeout"),
        ({"colour": "red"}, "colour: a report takes no such thing"),
    ],
)
def test_declarations_that_are_refused(how: dict[str, Any], says: str) -> None:
    app = Horarium(Settings(database_url="postgresql://nowhere"))
    with pytest.raises(InvalidInput, match=says) as refused:
        app.report("r", **how)(lambda period: "select 1 as n")
    assert refused.value.field.startswith(__file__)


def test_names_and_functions_that_are_refused() -> None:
    app = Horarium(Settings(database_url="postgresql://nowhere"))
    for name in ("", "a b", "all", "é", "x" * 101, "a/b"):
        with pytest.raises(InvalidInput, match="name"):
            app.report(name)(lambda period: "select 1 as n")
    with pytest.raises(InvalidInput, match="already"):
        app.report("orders")(lambda period: "select 1 as n")
    with pytest.raises(InvalidInput, match="one argument"):
        app.report("r")(lambda: "select 1 as n")

    async def later(period: Period) -> str:
        return "select 1 as n"

    with pytest.raises(InvalidInput, match="not async"):
        app.report("r")(later)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("select 1 as n", 1, "begins with a header"),
        ("-- every: day\n-- colums: a text\nselect 1", 2, "did you mean columns"),
        ("-- every: day\n-- every: week\nselect 1", 2, "given twice"),
        ("-- name: a\n-- every: fortnight\nselect 1 as n", 2, "'fortnight' is no period"),
        ("-- name: a b\nselect 1 as n", 1, "cannot be used"),
        (
            "-- every: day\n-- check: row count over 0\n-- check: all is well\nselect 1",
            3,
            "no check",
        ),
        ("-- every: day\n-- timeout: soon\nselect 1 as n", 2, "no number of seconds"),
        ("-- every: day\n-- zone:\nselect 1 as n", 2, "zone is empty"),
        ("-- every: day\n\n-- why\ndelete from orders", 2, "only reads"),
        ("-- every: day\nselect 1 as n; select 2 as n", 2, "more than one statement"),
        ("-- every: day\nselect :month as n", 2, "the parameter :month"),
    ],
)
def test_files_that_are_refused(tmp_path: Path, text: str, line: int, says: str) -> None:
    path = tmp_path / "wrong.sql"
    path.write_text(text)
    with pytest.raises(InvalidInput, match=says) as refused:
        read_folder(tmp_path)
    assert refused.value.field == f"{path}:{line}"


def test_a_file_without_a_name_is_called_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "hourly-orders.sql"
    path.write_text("-- every: hour\nselect 1 as n")
    definition = read_file(path)
    assert (definition.name, definition.every) == ("hourly-orders", "hour")


async def test_two_files_of_one_name(tmp_path: Path) -> None:
    for name in ("a.sql", "b.sql"):
        (tmp_path / name).write_text("-- name: same\nselect 1 as n")
    with pytest.raises(InvalidInput, match=r"b\.sql: there is a report 'same' already \(.*a\.sql"):
        Horarium(Settings(database_url="postgresql://nowhere", reports=tmp_path))


async def test_a_database_may_be_ones_own_source(database_url: str) -> None:
    """A source's rows cross by COPY, whatever is in them."""
    app = Horarium(Settings(database_url=database_url, report_sources={"here": database_url}))

    @app.report("crossed", source="here", key="n", checks="row count equals select 3000")
    def crossed(period: Period) -> Any:
        text = """
            select n, case when n % 2 = 0 then :words || n end as words, n / 7.0 as ratio,
                :start::timestamptz as at, '{"a": 1.10}'::jsonb as document, now()::timestamp as x
            from generate_series(1, 3000) n order by n desc
        """
        return text, {"words": 'it\'s \\ "$1" '}

    async with app.running():
        await app.build_report(date(2026, 3, 2), "crossed")
        (ran,) = await run_jobs(app)
        assert ran.error is None
        rows = await held(app, "crossed", date(2026, 3, 2))
        assert [row[1] for row in rows] == list(range(3000, 0, -1))
        assert rows[0][2] == 'it\'s \\ "$1" 3000'
        assert rows[1][2] is None
        async with Database(database_url).transaction() as connection:
            exact = await connection.fetchval("select 3000 / 7.0")
        assert rows[0][3] == exact
        assert isinstance(rows[0][3], Decimal)


async def test_a_backfill_says_that_it_was_one(app: Horarium) -> None:
    @app.report("filled", zone="UTC")
    def filled(period: Period) -> str:
        return "select :day::date as day"

    await app.scheduler.synchronise()
    since = datetime(2026, 3, 1, 1, tzinfo=UTC)
    done = await backfill(app.book, "filled", since, since + timedelta(days=3))
    assert (done.due, done.enqueued) == (3, 3)
    assert {job.state for job in await run_jobs(app)} == {"succeeded"}
    async with app.database.connection() as connection:
        found = await reports.periods(connection, report=app.reports.definition("filled"))
    assert [(str(each.day), each.reason) for each in found.items] == [
        ("2026-03-03", "backfill"), ("2026-03-02", "backfill"), ("2026-03-01", "backfill")
    ]  # fmt: skip


def test_the_pages_examples(chinook_url: str, tmp_path: Path) -> None:
    """What docs/reports.md shows can be declared as it stands there."""
    page = (Path(__file__).parents[2] / "docs" / "reports.md").read_text("utf-8")
    python = page.split("```python\n")[1].split("```")[0]
    file = page.split("```sql\n")[1].split("```")[0]
    (tmp_path / "daily_sales.sql").write_text(file)
    settings = Settings(
        database_url="postgresql://nowhere", reports=tmp_path, report_sources={"shop": chinook_url}
    )
    there = Horarium(settings).reports.definition("daily_sales")
    named: dict[str, Any] = {
        "Horarium": lambda: Horarium(msgspec.structs.replace(settings, reports=None))
    }
    exec(python.replace("from horarium import Horarium\n", ""), named)
    here = named["app"].reports.definition("daily_sales")
    assert (here.columns, here.key, here.zone) == (there.columns, there.key, there.zone)
    assert len(there.checks) == 2


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"reads": "shop.users"}, "reads: 'shop.users' is not watched"),
        ({"reads": "shop.orders", "source": "shop"}, "reads: 'shop.orders' is not watched"),
        ({"ready_by": "6 o'clock"}, "ready_by: .* is no time"),
        ({"every": "hour", "ready_by": "06:00"}, "ready_by: an hourly report takes"),
    ],
)
def test_what_a_report_cannot_watch_or_promise(how: dict[str, Any], says: str) -> None:
    app = Horarium(Settings(database_url="postgresql://nobody@127.0.0.1:1/none"))
    with pytest.raises(InvalidInput, match=says):
        app.report("mine", **how)(lambda period: "select 1 as n")
