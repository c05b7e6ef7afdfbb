"""Rows of a report as a stream: in order, typed, from one snapshot."""

from datetime import timedelta
from decimal import Decimal

import pytest
from shop_orders import DAY, NOON, build_day, place, settle

from horarium.database import Connection
from horarium.errors import NotFound
from horarium.reports import Days, columns, period_of, stream_rows


async def test_the_order_reports_rows(connection: Connection) -> None:
    await settle(connection)
    await place(connection, "b", ("pen", 2, "1.50"))
    await place(connection, "a", ("cup", 1, "7.001"))
    await place(connection, "next", ("cup", 1, "1"), at=NOON + timedelta(days=1))
    for day in (DAY, DAY + timedelta(days=1)):
        await build_day(connection, day)
    names = [column.name for column in await columns(connection, "orders")]
    assert names == [
        "period", "order_id", "count_product", "total_amount", "currency", "by_hand"
    ]  # fmt: skip
    one = [row async for row in stream_rows(connection, "orders", period_of(DAY))]
    assert one == [
        (DAY, "a", 1, Decimal("7.001"), "EUR", False),
        (DAY, "b", 1, Decimal("3.00"), "EUR", False),
    ]
    both = Days(DAY, DAY + timedelta(days=1))
    assert [row[1] async for row in stream_rows(connection, "orders", both)] == ["a", "b", "next"]
    with pytest.raises(NotFound, match="2026-03-01 was never built"):
        async for _ in stream_rows(connection, "orders", period_of(DAY - timedelta(days=1))):
            pass
