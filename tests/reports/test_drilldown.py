"""From a figure to its orders: whatever the orders are, the sums are the figure, to the last digit.

The property is checked over random shops; what rankings and series say is held to the same figures.
"""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from shop_orders import DAY, NOON, build_day, place, settle

from horarium.database import Connection
from horarium.errors import InvalidInput, NotFound
from horarium.reports import (
    FIGURES,
    FigureOrders,
    Summary,
    figure_orders,
    series,
    summary,
    top_customers,
    top_products,
)


@pytest.fixture
def connection(shared_connection: Connection) -> Connection:
    return shared_connection


DAYS = [DAY + timedelta(days=number) for number in range(4)]


@pytest.mark.parametrize("seed", range(4))
async def test_the_sums_are_the_figure(connection: Connection, seed: int) -> None:
    await settle(connection)
    await random_shop(connection, random.Random(seed))
    for day in DAYS:
        found = await summary(connection, day)
        for figure in FIGURES:
            drilled = await figure_orders(connection, day, figure, count=1000)
            assert drilled.agrees
            assert drilled.sums == drilled.reported
            assert_is_figure(drilled, found)
            pages = await in_pages(connection, day, figure)
            assert pages == drilled.items
        await rankings_add_up(connection, found)
    await range_adds_up(connection)


async def test_a_changed_order_is_told_until_the_day_is_built_again(
    connection: Connection,
) -> None:
    await settle(connection)
    await place(connection, "1", ("a", 2, "1.005"))
    await place(connection, "2", ("a", 1, "3"), kind="sale")
    await build_day(connection)
    await connection.execute("update shop.orders set status = 'cancelled' where id = '2'")
    sales = await figure_orders(connection, DAY, "sales")
    assert not sales.agrees
    assert [(each.orders, str(each.value)) for each in sales.sums] == [(1, "2.01")]
    assert [(each.orders, str(each.value)) for each in sales.reported] == [(2, "5.01")]
    await build_day(connection)
    sales = await figure_orders(connection, DAY, "sales")
    cancelled = await figure_orders(connection, DAY, "cancelled")
    assert sales.agrees
    assert cancelled.agrees
    assert [each.order_id for each in cancelled.items] == ["2"]
    found = await summary(connection, DAY)
    assert (found.total_orders, found.sales.orders, found.cancelled.orders) == (2, 1, 1)
    assert (str(found.cancelled.value), str(found.sales.value)) == ("3.00", "2.01")


async def test_rows_made_by_hand_are_in_the_total(connection: Connection) -> None:
    await settle(connection)
    await place(connection, "1", ("a", 1, "2"))
    await connection.execute(
        "insert into shop.reports (report_at, order_id, count_product, total_amount, currency,"
        " by_hand) values ($1, 'hand', 3, 7.5, 'EUR', true)",
        DAY,
    )
    await build_day(connection)
    total = await figure_orders(connection, DAY)
    assert total.agrees
    assert [(each.order_id, each.by_hand, each.kind) for each in total.items] == [
        ("1", False, "sale"),
        ("hand", True, None),
    ]
    assert (await figure_orders(connection, DAY, "sales")).total == 1


async def test_a_day_that_was_never_built(connection: Connection) -> None:
    with pytest.raises(NotFound, match="2026-03-02"):
        await figure_orders(connection, DAY)
    with pytest.raises(NotFound, match="built yet"):
        await top_products(connection)
    with pytest.raises(InvalidInput, match="built yet"):
        await series(connection)


async def test_equals_share_a_rank_and_are_ordered_by_their_ids(connection: Connection) -> None:
    await settle(connection)
    await place(connection, "1", ("c", 1, "4"), ("b", 2, "2"), ("a", 2, "2"), ("d", 1, "1"))
    await build_day(connection)
    ranked = await top_products(connection, DAY)
    assert [(each.rank, each.product_id) for each in ranked.items] == [
        (1, "a"), (1, "b"), (1, "c"), (4, "d")
    ]  # fmt: skip
    by_units = await top_products(connection, DAY, by="units", count=2)
    assert [(each.rank, each.product_id) for each in by_units.items] == [(1, "a"), (1, "b")]
    rest = await top_products(connection, DAY, by="units", count=2, page=2)
    assert [(each.rank, each.product_id) for each in rest.items] == [(3, "c"), (3, "d")]
    assert (await top_products(connection, DAY, count=2, page=9)).items == []
    assert rest.total == 4


async def test_currencies_are_never_mixed(connection: Connection) -> None:
    await settle(connection)
    await place(connection, "1", ("a", 1, "4"))
    await place(connection, "2", ("b", 1, "900"), currency="USD")
    await build_day(connection)
    euros = await top_products(connection, DAY)
    assert (euros.currency, euros.currencies) == ("EUR", ["EUR", "USD"])
    assert [each.product_id for each in euros.items] == ["a"]
    dollars = await top_products(connection, DAY, currency="USD")
    assert [(each.product_id, str(each.sales.value)) for each in dollars.items] == [("b", "900.00")]


async def test_days_of_zero_are_told_from_days_never_built(connection: Connection) -> None:
    await settle(connection)
    await place(connection, "1", ("a", 1, "4"))
    for day in (DAY, DAY + timedelta(days=2)):
        await build_day(connection, day)
    found = await series(connection, DAY, DAY + timedelta(days=3))
    assert [point.built for point in found.points] == [1, 0, 1, 0]
    values = [point.figures and str(point.figures.total_value) for point in found.points]
    assert values == ["4.00", None, "0.00", None]
    assert (found.whole.days, found.whole.built) == (4, 2)
    weekly = await series(connection, DAY, DAY + timedelta(days=8), every="week")
    assert [(point.days, point.built) for point in weekly.points] == [(7, 2), (2, 0)]
    assert weekly.points[0].first.weekday() == 0
    assert weekly.points[0].revision is None
    assert (await series(connection)).whole.last == DAY + timedelta(days=2)


async def test_months_are_cut_by_the_range(connection: Connection) -> None:
    await settle(connection)
    found = await series(connection, date(2026, 1, 15), date(2026, 3, 2), every="month")
    assert [(each.first, each.last, each.days) for each in found.points] == [
        (date(2026, 1, 15), date(2026, 1, 31), 17),
        (date(2026, 2, 1), date(2026, 2, 28), 28),
        (date(2026, 3, 1), date(2026, 3, 2), 2),
    ]
    assert found.whole.figures is None


async def test_a_day_that_the_zone_skipped_is_in_no_series(connection: Connection) -> None:
    await settle(connection, zone="Pacific/Apia")
    found = await series(connection, date(2011, 12, 29), date(2011, 12, 31))
    assert [each.first.day for each in found.points] == [29, 31]


@pytest.mark.parametrize(
    ("first", "last", "says"),
    [
        (DAYS[1], DAYS[0], "ends before"),
        (date(2000, 1, 1), date(2026, 1, 1), "at most 3,660"),
    ],
)
async def test_ranges_that_are_refused(
    connection: Connection, first: date, last: date, says: str
) -> None:
    with pytest.raises(InvalidInput, match=says):
        await series(connection, first, last)
    with pytest.raises(InvalidInput, match=says):
        await top_products(connection, first, last)


async def random_shop(connection: Connection, chance: random.Random) -> None:
    """Sales, refunds, bookkeeping, empty orders, free lines, two currencies, all statuses."""
    await connection.execute(
        "insert into shop.users (id) select 'u' || n from generate_series(0, 3) n"
    )
    for number in range(60):
        lines = [
            (f"p{chance.randrange(5)}", chance.choice((-3, 1, 2, 7)), chance.choice(PRICES))
            for _ in range(chance.randrange(4))
        ]
        await place(
            connection,
            f"o{number}",
            *lines,
            at=NOON + timedelta(days=chance.randrange(4), hours=chance.randrange(-12, 12)),
            kind=chance.choice(("sale", "sale", "sale", "cancellation", "adjustment")),
            currency=chance.choice(("EUR", "EUR", "JPY")),
        )
    await connection.execute(
        "update shop.orders set"
        " status = (array['placed', 'paid', 'cancelled', 'returned'])[1 + hashtext(id)::bigint % 2"
        " + abs(hashtext(id || 'x')) % 2 + 1],"
        " user_id = case when hashtext(id) % 3 <> 0 then 'u' || abs(hashtext(id)) % 4 end"
    )
    for day in DAYS:
        await build_day(connection, day)


PRICES = ("0", "0.01", "1.005", "12.30", "-1", "99999.99")


def assert_is_figure(drilled: FigureOrders, found: Summary) -> None:
    """What the summary calls the figure is what the orders of the list come to, one by one."""
    for each in found.values:
        of_currency = [order for order in drilled.items if order.currency == each.currency]
        value = sum((order.value for order in of_currency), Decimal(0))
        counts = [len(of_currency), *(sum(getattr(o, n) for o in of_currency) for n in LINES)]
        if drilled.figure == "total":
            told: Any = (each.total_orders, each.total_products, each.total_units, each.total_value)
        else:
            figure = getattr(each, drilled.figure)
            told = (figure.orders, figure.lines, figure.units, figure.value)
        assert (*counts, value) == told, (drilled.figure, each.currency)


LINES = ("lines", "units")


async def in_pages(connection: Connection, day: date, figure: Any) -> list[Any]:
    found = await figure_orders(connection, day, figure, count=7)
    items = list(found.items)
    for page in range(2, -(-found.total // 7) + 1):
        items += (await figure_orders(connection, day, figure, count=7, page=page)).items
    return items


async def rankings_add_up(connection: Connection, found: Summary) -> None:
    for each in found.values:
        products = await top_products(
            connection, found.day, found.day, currency=each.currency, count=1000
        )
        assert sum(item.sales.value for item in products.items) == each.sales.value
        assert sum(item.sales.lines for item in products.items) == each.sales.lines
        assert sum(item.refunds.value for item in products.items) == each.refunds.value
        customers = await top_customers(
            connection, found.day, found.day, currency=each.currency, count=1000
        )
        for name in ("sales", "refunds"):
            rest = getattr(customers, f"unranked_{name}")
            figure = getattr(each, name)
            for part in ("orders", "lines", "units", "value"):
                ranked = sum(getattr(getattr(item, name), part) for item in customers.items)
                assert ranked + getattr(rest, part) == getattr(figure, part), (name, part)
        measures = [item.sales.value for item in customers.items]
        assert measures == sorted(measures, reverse=True)


async def range_adds_up(connection: Connection) -> None:
    whole = (await series(connection, DAYS[0], DAYS[-1])).whole.figures
    assert whole is not None
    found = [await summary(connection, day) for day in DAYS]
    assert whole.total_orders == sum(each.total_orders for each in found)
    for each in whole.values:
        of_currency = [
            figures for day in found for figures in day.values if figures.currency == each.currency
        ]
        for name in ("sales", "refunds", "cancelled"):
            summed = sum(getattr(figures, name).value for figures in of_currency)
            assert getattr(each, name).value == summed
    ranked = await top_products(connection, DAYS[0], DAYS[-1], currency=whole.currency, count=1000)
    assert sum(item.sales.value for item in ranked.items) == whole.sales.value


def test_the_first_day_is_a_monday() -> None:
    assert datetime(2026, 3, 2, tzinfo=UTC).weekday() == 0
