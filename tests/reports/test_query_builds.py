"""Builds of reports with a query: what they keep, compare, check and refuse."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from shop_orders import DAY, NOON, place, settle

from horarium.database import Connection
from horarium.errors import Unavailable
from horarium.reports import (
    CheckFailed,
    Days,
    Definition,
    Revision,
    Unbuildable,
    build,
    columns,
    defined,
    period_of,
    stream_rows,
)

PEN, CUP = ("pen", 2, "1.50"), ("cup", 1, "7.001")

BY_ORDER = """
    select o.id as order_id, count(i.line) as lines, sum(i.quantity * i.price) as value
    from shop.orders o join shop.order_items i on i.order_id = o.id
    where o.placed_at >= :start and o.placed_at < :end
    group by o.id
    order by value desc, o.id
"""


def report(query: Any = BY_ORDER, **how: Any) -> Definition:
    return defined("sales", query if callable(query) else lambda period: query, **how)


async def built(
    connection: Connection, definition: Definition, day: date = DAY, zone: str = "UTC", **how: Any
) -> Revision:
    async with connection.transaction():
        period = period_of(day, definition.every, zone)
        return await build(connection, definition, period, **{"reason": "schedule", **how})


async def held(connection: Connection, day: date = DAY) -> list[tuple[Any, ...]]:
    return [row[1:] async for row in stream_rows(connection, "sales", Days(day, day))]


@pytest.fixture
async def connection(shared_connection: Connection) -> Connection:
    await settle(shared_connection)
    return shared_connection


async def test_rows_are_kept_in_the_order_of_the_query(connection: Connection) -> None:
    await place(connection, "b", PEN)
    await place(connection, "a", CUP, CUP)
    revision = await built(connection, report(key="order_id"))
    assert (revision.revision, revision.row_count, revision.rows_added) == (1, 2, 2)
    assert await held(connection) == [("a", 2, Decimal("14.002")), ("b", 1, Decimal("3.00"))]
    assert [(each.name, each.type) for each in await columns(connection, "sales")] == [
        ("period", "date"), ("order_id", "text"), ("lines", "bigint"), ("value", "numeric")
    ]  # fmt: skip


async def test_building_again_writes_what_differs(connection: Connection) -> None:
    definition = report(key="order_id")
    for order in ("a", "b", "c"):
        await place(connection, order, PEN)
    await built(connection, definition)
    assert (await built(connection, definition)).changed is False
    await connection.execute("update shop.order_items set price = 9 where order_id = 'c'")
    await connection.execute("delete from shop.orders where id = 'a'")
    await place(connection, "d", CUP)
    revision = await built(connection, definition, reason="dirty")
    assert (revision.revision, revision.reason) == (2, "dirty")
    assert (revision.rows_added, revision.rows_removed, revision.rows_altered) == (1, 1, 1)
    assert [row[0] for row in await held(connection)] == ["c", "d", "b"]
    assert await connection.fetchval("select count(*) from horarium.report_changes") == 3


async def test_equal_rows_are_counted_where_there_is_no_key(connection: Connection) -> None:
    query = "select kind from shop.orders where placed_at >= :start and placed_at < :end"
    for order in ("a", "b"):
        await place(connection, order, PEN)
    await built(connection, report(query))
    await place(connection, "c", PEN)
    revision = await built(connection, report(query))
    assert (revision.rows_added, revision.rows_removed, revision.row_count) == (1, 0, 3)
    assert await held(connection) == [("sale",)] * 3


async def test_another_order_alone_is_no_revision(connection: Connection) -> None:
    for order in ("a", "b"):
        await place(connection, order, PEN)
    await built(connection, report("select id from shop.orders where :start < :end order by id"))
    turned = report("select id from shop.orders where :start < :end order by id desc")
    assert (await built(connection, turned)).changed is False


async def test_every_type_is_kept_exactly(connection: Connection) -> None:
    query = """
        select true as yes, 7::smallint as small, 9007199254740993 as big, 1.50::numeric as money,
            0.1::float8 as ratio, '0.99'::real as price, 'a''b, "c" {d} \\ '::varchar as words,
            :day as day, time '08:26:00.5' as at, timestamp '2026-03-02 08:26' as local,
            :start::timestamptz as instant, '6f3c1b1e-0000-4000-8000-000000000001'::uuid as id,
            '{"a": [1.10, null]}'::jsonb as document, null::numeric as nothing,
            interval '1 day 02:03' as span, '\\x00ff'::bytea as bytes
    """
    await built(connection, report(query.replace(":day", ":day::date")), zone="Asia/Tokyo")
    (row,) = await held(connection)
    assert row == (
        True, 7, 9007199254740993, Decimal("1.50"), 0.1, 0.99, 'a\'b, "c" {d} \\ ',
        DAY, time(8, 26, 0, 500_000), datetime.fromisoformat("2026-03-02 08:26"),
        datetime(2026, 3, 1, 15, tzinfo=UTC), UUID("6f3c1b1e-0000-4000-8000-000000000001"),
        '{"a": [1.10, null]}', None, "1 day 02:03:00", "\\x00ff",
    )  # fmt: skip
    assert str(row[3]) == "1.50"


async def test_declared_columns_round_and_order(connection: Connection) -> None:
    query = "select 2328.600000000004::float8 as value, 'x' as name, 0.125 as half"
    definition = report(query, columns="name text, value numeric(10,2), half numeric(5,2)")
    await built(connection, definition)
    assert await held(connection) == [("x", Decimal("2328.60"), Decimal("0.13"))]


async def test_a_sum_of_floats_is_compared_as_the_column_rounds(connection: Connection) -> None:
    floats = "select 'a' as name, 0.1::float8 + 1e-12 as value"
    check = f"sum of value equals select sum(value) from ({floats}) f"
    declared = report(floats, columns="name text, value numeric(10,2)", checks=check)
    assert (await built(connection, declared)).row_count == 1
    assert await held(connection) == [("a", Decimal("0.10"))]


async def test_a_local_time_is_the_reports_zone(connection: Connection) -> None:
    await connection.execute("create table invoices (at timestamp, day date)")
    await connection.execute(
        "insert into invoices select d, d from generate_series(date '2026-03-01', '2026-03-04', "
        "interval '1 day') d"
    )
    query = "select day from invoices where at >= :start and at < :end"
    for zone in ("UTC", "Asia/Tokyo", "America/New_York"):
        await built(connection, report(query, zone=zone), zone=zone)
        assert await held(connection) == [(DAY,)]
    await built(connection, report("select at::date as day from invoices where day = :start"))
    assert await held(connection) == [(DAY,)]


async def test_a_failed_check_leaves_the_former_revision(connection: Connection) -> None:
    await place(connection, "a", PEN)
    definition = report(
        key="order_id",
        checks=[
            "row count over 0",
            "row count equals select count(*) from shop.orders where placed_at < :end",
            "sum of value equals select sum(quantity * price) from shop.order_items",
            "select bool_and(value > 0) from rows where :day::date is not null",
        ],
    )
    await built(connection, definition)
    await place(connection, "b", ("gift", 1, "-1"))
    with pytest.raises(CheckFailed, match=r"2026-03-02 failed .*bool_and.*gives False"):
        await built(connection, definition)
    await place(connection, "old", PEN, at=NOON - timedelta(days=9))
    with pytest.raises(CheckFailed, match=r"row count equals.*it is 2, and has"):
        await built(connection, definition)
    assert await held(connection) == [("a", 1, Decimal("3.00"))]
    with pytest.raises(CheckFailed, match=r"row count over 0.*it is 0"):
        await built(connection, definition, DAY + timedelta(days=1))


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("delete from shop.orders", "only reads"),
        ("with x as (delete from shop.orders returning 1) select * from x", "may only read"),
        ("select nextval('shop.versions') as n", "its query writes"),
        ("select 1 as a; delete from shop.orders", "more than one statement"),
        ("select 1", r"no usable name"),
        ("select 1 as a, 2 as a", "two columns are called 'a'"),
        ("select 1 as period", "is taken"),
        ("select :month as a", "it has the parameter :month"),
        ("select id from nowhere", "nowhere"),
        ("select 1/0 as a", "division by zero"),
        ("select * from shop.orders where :start::interval > '1 h'", "taken for a interval"),
        ("select 'infinity'::timestamptz as a", "cannot be kept"),
        ("select /* it's; :x */ 1 as a -- ; :y", ""),
        ("select ';' as a, $$:x;$$ as b, E'\\';' as c, (array[1,2,3])[1:2] as d", ""),
    ],
)
async def test_queries_that_are_refused(connection: Connection, query: str, says: str) -> None:
    await place(connection, "a", PEN)
    if says:
        with pytest.raises(Unbuildable, match=says):
            await built(connection, report(query))
        assert await connection.fetchval("select count(*) from horarium.report_periods") == 0
    else:
        await built(connection, report(query))
    assert await connection.fetchval("select count(*) from shop.orders") == 1


async def test_a_function_that_writes_is_refused(connection: Connection) -> None:
    await connection.execute(
        "create function sly() returns int language plpgsql as "
        "$$ begin delete from shop.orders; return 1; end $$"
    )
    await place(connection, "a", PEN)
    with pytest.raises(Unbuildable, match="its query writes"):
        await built(connection, report("select sly() as a"))
    with pytest.raises(Unbuildable, match=r"writes, and"):
        await built(connection, report("select 1 as a", checks="select sly() = 1"))
    assert await connection.fetchval("select count(*) from shop.orders") == 1


async def test_a_query_that_takes_too_long(connection: Connection) -> None:
    with pytest.raises(Unavailable, match=r"longer than 0.05 seconds"):
        await built(connection, report("select pg_sleep(30)::text as a", timeout=0.05))
    assert await connection.fetchval("show statement_timeout") == "0"


async def test_keys_that_are_not_unique(connection: Connection) -> None:
    query = "select 'x' as a, n from generate_series(1, 3) n"
    with pytest.raises(Unbuildable, match=r"does not tell its rows apart: 1 keys .*\{x\}"):
        await built(connection, report(query, key="a"))
    with pytest.raises(Unbuildable, match="no column 'b'"):
        await built(connection, report(query, key="b"))


async def test_the_session_is_left_as_it_was(connection: Connection) -> None:
    await connection.execute("set timezone to 'Asia/Tokyo'; set datestyle to 'SQL, DMY'")
    async with connection.transaction():
        period = period_of(DAY, "day", "Europe/London")
        await build(connection, report("select now() as at"), period, reason="schedule")
        assert await connection.fetchval("show timezone") == "Asia/Tokyo"
        assert await connection.fetchval("show datestyle") == "SQL, DMY"
        assert await connection.fetchval("show transaction_read_only") == "off"
        await connection.execute("delete from horarium.report_periods")


async def test_a_select_of_sqlalchemy(connection: Connection) -> None:
    import sqlalchemy as sa

    orders = sa.table("orders", sa.column("id"), sa.column("placed_at"), schema="shop")
    await place(connection, "a", PEN)

    def query(period: Any) -> Any:
        return (
            sa.select(orders.c.id.label("order_id"))
            .where(orders.c.placed_at >= period.start, orders.c.placed_at < period.end)
            .where(orders.c.id.in_(["a", "b'c"]))
        )

    await built(connection, report(query))
    assert await held(connection) == [("a",)]


async def test_parameters_of_ones_own(connection: Connection) -> None:
    def query(period: Any) -> Any:
        return "select :name as name where :start < :end", {"name": "it's"}

    await built(connection, report(query, checks="row count equals select length(:name) - 3"))
    assert await held(connection) == [("it's",)]


async def test_columns_that_change(connection: Connection) -> None:
    await built(connection, report("select 1 as a, 'x' as b"))
    await built(connection, report("select 1 as a"), DAY + timedelta(days=1))
    later = Days(DAY, DAY + timedelta(days=1))
    assert [row[1:] async for row in stream_rows(connection, "sales", later)] == [(1,), (1,)]
    revision = await built(connection, report("select 1::numeric as a, 'x' as b"))
    assert (revision.revision, revision.rows_added, revision.rows_removed) == (2, 0, 0)
    revision = await built(connection, report("select 1 as a, 'x' as b, 3 as c"))
    assert (revision.revision, revision.rows_added, revision.rows_removed) == (3, 1, 1)
