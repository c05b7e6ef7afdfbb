"""Builds: what they make of orders, what they leave alone, and what they keep of it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from shop_orders import (
    DAY,
    LATER,
    NOON,
    build_day,
    build_period,
    place,
    reported,
    row_ids,
    settle,
)

from horarium.database import Connection
from horarium.errors import NotFound
from horarium.reports import build, period_of, revisions, rows, summary

PEN, CUP = ("pen", 2, "1.50"), ("cup", 1, "7.001")


@pytest.fixture(autouse=True)
async def _settled(connection: Connection) -> None:
    await settle(connection)


async def test_every_order_of_the_day_is_a_row(connection: Connection) -> None:
    await place(connection, "sale", PEN, CUP, PEN)
    await place(connection, "back", ("pen", -2, "1.50"), kind="cancellation")
    await place(connection, "debt", ("bad", 1, "-11062.06"), kind="adjustment")
    await place(connection, "empty")
    await place(connection, "before", PEN, at=datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC))
    await place(connection, "after", PEN, at=datetime(2026, 3, 3, tzinfo=UTC))
    revision = await build_day(connection)
    assert await reported(connection) == {
        "sale": (3, Decimal("13.001")),
        "back": (1, Decimal("-3.00")),
        "debt": (1, Decimal("-11062.06")),
        "empty": (0, Decimal(0)),
    }
    assert (revision.revision, revision.row_count, revision.rows_added) == (1, 4, 4)
    found = await summary(connection, DAY)
    assert (found.total_orders, found.total_products, found.distinct_products) == (4, 5, 3)
    assert (found.total_units, str(found.total_value)) == (4, "-11052.059")
    assert (found.sales.orders, str(found.sales.value)) == (1, "13.001")
    assert (found.refunds.orders, found.refunds.units, str(found.refunds.value)) == (1, -2, "-3.00")


async def test_sales_are_lines_of_quantity_and_price_in_sales(connection: Connection) -> None:
    await place(connection, "mixed", PEN, ("gift", 1, "0"), ("pen", -1, "1.50"))
    await place(connection, "write-off", ("cup", -5, "0"))
    await place(connection, "odd", PEN, kind="cancellation")
    await build_day(connection)
    sales = (await summary(connection, DAY)).sales
    assert (sales.orders, sales.lines, sales.units, str(sales.value)) == (1, 1, 2, "3.00")


async def test_building_twice_changes_nothing(connection: Connection) -> None:
    await place(connection, "a", PEN)
    await build_day(connection, now=LATER)
    ids = await row_ids(connection)
    second = await build_day(connection, now=LATER + timedelta(hours=1), reason="by hand")
    assert await row_ids(connection) == ids
    assert second.changed is False
    assert (second.revision, second.reason, second.built_at) == (1, "schedule", LATER)
    assert len(await revisions(connection, DAY)) == 1
    freshness = (await summary(connection, DAY)).freshness
    assert freshness.built_at == LATER
    assert freshness.checked_at == LATER + timedelta(hours=1)


async def test_a_late_order_makes_a_revision(connection: Connection) -> None:
    await place(connection, "a", PEN)
    await build_day(connection)
    ids = await row_ids(connection)
    await place(connection, "late", CUP)
    revision = await build_day(connection, reason="dirty", job="j-1")
    assert (revision.revision, revision.reason, revision.job) == (2, "dirty", "j-1")
    assert (revision.rows_added, revision.rows_removed, revision.rows_altered) == (1, 0, 0)
    assert (await row_ids(connection)).items() > ids.items()
    assert [each.revision for each in await revisions(connection, DAY)] == [2, 1]


async def test_an_order_that_moved_away_is_removed(connection: Connection) -> None:
    await place(connection, "stays", PEN)
    await place(connection, "moves", PEN)
    await build_day(connection)
    await connection.execute(
        "update shop.orders set placed_at = placed_at + interval '1 day' where id = 'moves'"
    )
    revision = await build_day(connection)
    assert (revision.rows_added, revision.rows_removed, revision.rows_altered) == (0, 1, 0)
    assert (await build_day(connection, DAY + timedelta(days=1))).rows_added == 1
    assert set(await reported(connection)) == {"stays"}


async def test_a_changed_line_alters_its_row(connection: Connection) -> None:
    await place(connection, "a", PEN)
    await place(connection, "b", PEN)
    await build_day(connection)
    ids = await row_ids(connection)
    await connection.execute("update shop.order_items set price = 2 where order_id = 'a'")
    revision = await build_day(connection)
    assert (revision.rows_added, revision.rows_removed, revision.rows_altered) == (0, 0, 1)
    assert (await reported(connection))["a"] == (1, Decimal(4))
    assert await row_ids(connection) == ids


async def test_figures_alone_make_a_revision_too(connection: Connection) -> None:
    await place(connection, "a", PEN, PEN)
    await place(connection, "other", CUP, at=NOON + timedelta(days=9))
    await build_day(connection)
    await connection.execute("update shop.order_items set product_id = 'cup' where line = 2")
    revision = await build_day(connection)
    assert (revision.revision, revision.rows_altered) == (2, 0)
    assert (await summary(connection, DAY)).distinct_products == 2


async def test_products_of_a_large_day_are_counted_exactly(connection: Connection) -> None:
    """Also those of an early order alone, or the last, or with the hash of one that all have."""
    pair = await connection.fetchrow(
        "select min(id), max(id) from (select 'p' || n as id from generate_series(1, 9999) n) p "
        "group by hashtext(id) & 262143 having count(*) = 2 limit 1"
    )
    usual, twin = ((each, 1, "1.50") for each in pair)
    await place(connection, "a", PEN, ("early", 1, "1"), at=NOON - timedelta(hours=1))
    await place(connection, "b", CUP, usual, at=NOON)
    await connection.execute(
        "insert into shop.orders (id, currency, placed_at) "
        "select n::text, 'EUR', $1::timestamptz + n * interval '1 ms' "
        "from generate_series(1, 25100) n",
        NOON,
    )
    await connection.execute(
        "insert into shop.order_items (order_id, line, product_id, quantity, price) "
        "select n::text, line, product, 1, 1 "
        "from generate_series(1, 25099) n, unnest($1::text[]) with ordinality of (product, line)",
        ["pen", "cup", usual[0]],
    )
    await place(connection, "z", CUP, ("late", 1, "1"), twin, at=NOON + timedelta(hours=1))
    await place(connection, "other", ("tomorrow", 1, "1"), at=NOON + timedelta(days=1))
    await build_day(connection)
    found = await summary(connection, DAY)
    assert (found.total_orders, found.total_products) == (25_103, 75_304)
    assert found.distinct_products == 6
    await connection.execute("delete from shop.order_items where order_id = 'z'")
    await connection.execute("update shop.order_items set product_id = 'cup' where order_id <> 'a'")
    assert (await build_day(connection)).rows_altered == 1
    assert (await summary(connection, DAY)).distinct_products == 3


async def test_a_day_without_orders_is_a_report_of_none(connection: Connection) -> None:
    revision = await build_day(connection)
    assert (revision.revision, revision.row_count) == (1, 0)
    assert (await rows(connection, DAY)).items == []
    found = await summary(connection, DAY)
    assert (found.total_orders, found.distinct_products, str(found.total_value)) == (0, 0, "0.00")
    assert (await build_day(connection)).changed is False
    with pytest.raises(NotFound, match="2026-03-03 was never built"):
        await rows(connection, DAY + timedelta(days=1))


async def test_a_day_that_lost_all_orders(connection: Connection) -> None:
    await place(connection, "a", PEN)
    await build_day(connection)
    await connection.execute("delete from shop.orders")
    assert (await build_day(connection)).rows_removed == 1
    assert (await summary(connection, DAY)).total_orders == 0


async def test_money_of_two_currencies_stays_apart(connection: Connection) -> None:
    await place(connection, "a", ("pen", 1, "2"), currency="EUR")
    await place(connection, "b", ("yen", 3, "100"), currency="JPY")
    await build_day(connection)
    found = await summary(connection, DAY)
    assert (found.total_orders, found.currency, str(found.total_value)) == (2, "EUR", "2.00")
    assert [(each.currency, str(each.total_value)) for each in found.values] == [
        ("EUR", "2.00"),
        ("JPY", "300"),
    ]


async def test_a_period_that_is_not_over_is_provisional(connection: Connection) -> None:
    await place(connection, "a", PEN)
    await build_day(connection, now=NOON + timedelta(hours=1))
    freshness = (await summary(connection, DAY)).freshness
    assert (freshness.provisional, freshness.data_until) == (True, NOON + timedelta(hours=1))
    await build_day(connection, now=LATER)
    freshness = (await summary(connection, DAY)).freshness
    assert (freshness.provisional, freshness.revision) == (False, 1)
    assert freshness.data_until == datetime(2026, 3, 3, tzinfo=UTC)


async def test_the_previous_period_stands_beside(connection: Connection) -> None:
    await place(connection, "a", PEN, at=NOON - timedelta(days=1))
    await build_day(connection)
    assert (await summary(connection, DAY)).previous is None
    await build_day(connection, DAY - timedelta(days=1))
    previous = (await summary(connection, DAY)).previous
    assert previous is not None
    assert (previous.day, previous.revision) == (date(2026, 3, 1), 1)
    assert (previous.total_orders, str(previous.total_value)) == (1, "3.00")


async def test_what_is_rolled_back_was_never_built(connection: Connection) -> None:
    await place(connection, "a", PEN)
    transaction = connection.transaction()
    await transaction.start()
    await build(connection, "orders", period_of(DAY, "day", "UTC"), reason="schedule")
    await transaction.rollback()
    assert await reported(connection) == {}
    with pytest.raises(NotFound):
        await summary(connection, DAY)


async def test_days_of_23_and_25_hours(connection: Connection) -> None:
    for name, at in {
        "spring first": "2011-03-27T00:00",
        "spring last": "2011-03-27T22:59",
        "spring next": "2011-03-27T23:00",
        "autumn first": "2011-10-29T23:00",
        "autumn last": "2011-10-30T23:59",
        "autumn next": "2011-10-31T00:00",
    }.items():
        await place(connection, name, PEN, at=datetime.fromisoformat(at + "+00:00"))
    for day in (date(2011, 3, 27), date(2011, 10, 30)):
        await build_day(connection, day, "Europe/London")
    assert set(await reported(connection, date(2011, 3, 27))) == {"spring first", "spring last"}
    assert set(await reported(connection, date(2011, 10, 30))) == {"autumn first", "autumn last"}


async def test_a_day_that_begins_at_one(connection: Connection) -> None:
    for name, at in {"before": "02:59:59", "first": "03:00", "last": "23:00"}.items():
        instant = datetime.fromisoformat(f"2017-10-15T{at}+00:00")
        await place(connection, name, PEN, at=instant)
    await place(connection, "next", PEN, at=datetime(2017, 10, 16, 2, tzinfo=UTC))
    await build_day(connection, date(2017, 10, 15), "America/Sao_Paulo")
    assert set(await reported(connection, date(2017, 10, 15))) == {"first", "last"}


async def test_another_zone_replaces_the_day(connection: Connection) -> None:
    await place(connection, "evening", PEN, at=NOON + timedelta(hours=8))
    await place(connection, "noon", PEN)
    await build_day(connection)
    await build_day(connection, zone="Asia/Tokyo", reason="zone")
    assert set(await reported(connection)) == {"noon"}
    found = await summary(connection, DAY)
    assert (found.zone, found.total_orders) == ("Asia/Tokyo", 1)
    back = await build_day(connection)
    assert (back.revision, back.rows_added) == (2, 1)
    assert await connection.fetchval("select count(*) from horarium.report_periods") == 1


async def test_a_build_needs_a_transaction_that_sees_new_commits(connection: Connection) -> None:
    period = period_of(DAY, "day", "UTC")
    with pytest.raises(RuntimeError, match="in a transaction"):
        await build(connection, "orders", period, reason="schedule")
    with pytest.raises(RuntimeError, match="READ COMMITTED"):
        async with connection.transaction(isolation="repeatable_read"):
            await build(connection, "orders", period, reason="schedule")


async def test_reports_have_names_and_periods_of_their_kind(connection: Connection) -> None:
    with pytest.raises(NotFound, match="'sales'"):
        await build(connection, "sales", period_of(DAY), reason="schedule")
    with pytest.raises(ValueError, match="every day, not week"):
        await build_period(connection, period_of(DAY, "week"))


async def test_a_shop_without_a_profile(connection: Connection) -> None:
    await connection.execute("delete from shop.profile")
    await build_day(connection)
    assert (await summary(connection, DAY)).currency == "XXX"
    await place(connection, "a", PEN, currency="USD")
    await build_day(connection)
    assert (await summary(connection, DAY)).currency == "USD"
