"""Rows, pages of them, rows made by hand; and the lists of periods and revisions."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from shop_orders import DAY, LATER, NOON, build_day, place, reported, row_ids, settle

from horarium.database import Connection
from horarium.errors import Conflict, InvalidInput, NotFound
from horarium.reports import (
    NewRow,
    ReportRow,
    add_row,
    all_rows,
    newest_day,
    periods,
    revisions,
    rows,
    series,
    summary,
)

PEN = ("pen", 2, "1.50")
YESTERDAY = DAY - timedelta(days=1)


@pytest.fixture(autouse=True)
async def _settled(connection: Connection) -> None:
    await settle(connection)


async def by_hand(connection: Connection, **values: Any) -> ReportRow:
    row = NewRow(**{"report_at": DAY, "order_id": "hand", "count_product": 3, **values})
    async with connection.transaction():
        return await add_row(connection, row, now=LATER)


async def test_pages_of_a_day(connection: Connection) -> None:
    for name in "cab":
        await place(connection, name, PEN)
    await build_day(connection)
    page = await rows(connection, DAY, 1, 2)
    assert ([row.order_id for row in page.items], page.total) == (["a", "b"], 3)
    assert [row.order_id for row in (await rows(connection, DAY, 2, 2)).items] == ["c"]
    beyond = await rows(connection, DAY, 9, 2)
    assert (beyond.items, beyond.total, beyond.page, beyond.count) == ([], 3, 9, 2)
    row = page.items[0]
    assert (row.report_at, row.count_product, row.currency, row.by_hand) == (DAY, 1, "EUR", False)
    assert str(row.total_amount) == "3.00"


async def test_all_rows_newest_day_first(connection: Connection) -> None:
    assert (await all_rows(connection)).total == 0
    await place(connection, "old", PEN, at=NOON - timedelta(days=1))
    for name in "ba":
        await place(connection, name, PEN)
    for day in (YESTERDAY, DAY):
        await build_day(connection, day)
    page = await all_rows(connection, 1, 2)
    assert ([row.order_id for row in page.items], page.total) == (["a", "b"], 3)
    assert [row.order_id for row in (await all_rows(connection, 2, 2)).items] == ["old"]
    assert ((await all_rows(connection, 3, 2)).items, (await all_rows(connection, 3, 2)).total) == (
        [],
        3,
    )


async def test_pages_that_are_none(connection: Connection) -> None:
    await build_day(connection)
    for page, count in [(0, 10), (1, 0), (1, 1001), (-1, 5), (10**30, 10)]:
        for listing in (
            rows(connection, DAY, page, count),
            all_rows(connection, page, count),
            periods(connection, page, count),
        ):
            with pytest.raises(InvalidInput):
                await listing


async def test_nothing_was_built_yet(connection: Connection) -> None:
    assert await newest_day(connection) is None
    with pytest.raises(NotFound, match="no day of the report orders was built yet"):
        await summary(connection)
    with pytest.raises(NotFound, match="of 2026-03-02 was never built"):
        await summary(connection, DAY)
    with pytest.raises(NotFound):
        await revisions(connection, DAY)


async def test_the_newest_day(connection: Connection) -> None:
    for day in (DAY, YESTERDAY):
        await build_day(connection, day)
    assert await newest_day(connection) == DAY
    assert (await summary(connection)).day == DAY


async def test_a_series_has_the_days_that_were_built(connection: Connection) -> None:
    await place(connection, "a", PEN, PEN)
    for day in (YESTERDAY, DAY):
        await build_day(connection, day)
    points = (await series(connection, YESTERDAY, DAY)).points
    found = [(p.first, p.figures) for p in points if p.figures is not None]
    assert [
        (day, f.total_orders, f.total_products, f.total_units, str(f.total_value))
        for day, f in found
    ] == [(YESTERDAY, 0, 0, 0, "0.00"), (DAY, 1, 2, 4, "6.00")]


async def test_periods_newest_first(connection: Connection) -> None:
    assert (await periods(connection)).items == []
    for day in (YESTERDAY, DAY):
        await build_day(connection, day, job=f"job of {day}")
    page = await periods(connection, 1, 1)
    assert (page.total, page.items[0].day, page.items[0].zone) == (2, DAY, "UTC")
    assert page.items[0].job == "job of 2026-03-02"
    assert [each.day for each in (await periods(connection, 2, 1)).items] == [YESTERDAY]
    assert (await periods(connection, 3, 1)).total == 2


async def test_a_row_by_hand_counts_as_an_order(connection: Connection) -> None:
    await place(connection, "a", PEN)
    await build_day(connection)
    row = await by_hand(connection, total_amount=Decimal("10.5"))
    assert (row.by_hand, row.currency, str(row.total_amount)) == (True, "EUR", "10.50")
    assert await reported(connection) == {"a": (1, Decimal(3)), "hand": (3, Decimal("10.5"))}
    found = await summary(connection, DAY)
    assert (found.total_orders, found.total_products, str(found.total_value)) == (2, 4, "13.50")
    assert (found.sales.orders, found.distinct_products, found.total_units) == (1, 1, 2)
    newest, first = await revisions(connection, DAY)
    assert (newest.revision, newest.reason, newest.rows_added) == (2, "by hand", 1)
    assert (newest.row_count, first.row_count) == (2, 1)
    assert (await rows(connection, DAY)).total == 2


async def test_a_build_keeps_a_row_by_hand(connection: Connection) -> None:
    await by_hand(connection)
    await place(connection, "late", PEN)
    revision = await build_day(connection)
    assert (revision.rows_added, revision.rows_removed, revision.row_count) == (1, 0, 2)
    assert (await build_day(connection)).changed is False
    assert (await summary(connection, DAY)).total_orders == 2


async def test_a_row_by_hand_of_a_day_that_was_never_built_builds_it(
    connection: Connection,
) -> None:
    await place(connection, "a", PEN)
    await by_hand(connection)
    assert set(await reported(connection)) == {"a", "hand"}
    (revision,) = await revisions(connection, DAY)
    assert (revision.reason, revision.rows_added, revision.row_count) == ("by hand", 2, 2)


async def test_the_order_itself_takes_the_place_of_a_row_by_hand(connection: Connection) -> None:
    await by_hand(connection)
    ids = await row_ids(connection)
    await place(connection, "hand", PEN)
    revision = await build_day(connection)
    assert (revision.rows_added, revision.rows_altered, revision.row_count) == (0, 1, 1)
    assert await row_ids(connection) == ids
    assert await reported(connection) == {"hand": (1, Decimal(3))}
    await connection.execute("delete from shop.orders")
    assert (await build_day(connection)).rows_removed == 1


async def test_a_row_that_is_there_is_a_conflict(connection: Connection) -> None:
    await place(connection, "order", PEN)
    await by_hand(connection)
    for order in ("hand", "order"):
        with pytest.raises(Conflict, match=f"the order {order} is one of the orders of 2026-03-02"):
            await by_hand(connection, order_id=order)
    assert len(await revisions(connection, DAY)) == 1
    await by_hand(connection, report_at=YESTERDAY)
    with pytest.raises(Conflict):
        await by_hand(connection, report_at=YESTERDAY)


BAD_VALUES = [
    ("order_id", ""),
    ("order_id", "x" * 256),
    ("order_id", "a\x00b"),
    ("order_id", "\ud800"),
    ("count_product", -1),
    ("count_product", 2**31),
    ("total_amount", Decimal("NaN")),
    ("total_amount", Decimal("-Infinity")),
    ("total_amount", Decimal("1e18")),
    ("total_amount", Decimal("0.0000001")),
    ("currency", "euro"),
    ("report_at", date.max),
]


async def test_bad_rows_change_nothing(connection: Connection) -> None:
    for field, value in BAD_VALUES:
        with pytest.raises(InvalidInput) as refused:
            await by_hand(connection, **{field: value})
        assert refused.value.field == field
    assert await connection.fetchval("select count(*) from shop.reports") == 0
    assert await newest_day(connection) is None


async def test_a_day_that_the_zone_skipped(connection: Connection) -> None:
    await settle(connection, "Pacific/Apia")
    with pytest.raises(InvalidInput, match="skipped") as refused:
        await by_hand(connection, report_at=date(2011, 12, 30))
    assert refused.value.field == "report_at"


async def test_a_shop_without_a_currency(connection: Connection) -> None:
    await connection.execute("delete from shop.profile")
    with pytest.raises(InvalidInput, match="currency"):
        await by_hand(connection)
    assert (await by_hand(connection, currency="USD")).currency == "USD"


async def test_figures_of_a_foreign_row_stand_apart(connection: Connection) -> None:
    await by_hand(connection, currency="JPY", total_amount=Decimal(500))
    found = await summary(connection, DAY)
    assert (found.total_orders, str(found.total_value)) == (1, "0.00")
    assert [str(each.total_value) for each in found.values] == ["0.00", "500"]
