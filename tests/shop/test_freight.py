"""Freight: part of what an order comes to, exact, told apart in reports."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from horarium import reports
from horarium.database import Connection
from horarium.errors import Conflict, InvalidInput
from horarium.shop import (
    BadLines,
    NewItem,
    NewOrder,
    NewProduct,
    OrderChange,
    Status,
    cancel_order,
    change_order,
    column_map,
    create_order,
    create_product,
    import_orders,
    read_order,
    settle_profile,
)

AT = datetime(2026, 3, 29, 12, 50, tzinfo=UTC)
MAP = """
order_id = "order"
placed_at = "time"
product_id = "what"
quantity = "pieces"
price = "price"
freight = "way"
cancellation_prefix = "C"
"""


@pytest.fixture
async def cup(connection: Connection) -> None:
    await settle_profile(connection, "UTC", "EUR")
    await create_product(connection, NewProduct("CUP", Decimal("2.50"), "EUR", 100, "cup"))


def wanted(freight: str | None = "4.905", identity: str = "1") -> NewOrder:
    return NewOrder(
        items=[NewItem("cup", 4)], placed_at=AT, id=identity,
        freight=None if freight is None else Decimal(freight),
    )  # fmt: skip


async def test_it_is_part_of_the_total_and_of_what_was_asked(
    connection: Connection, cup: None
) -> None:
    order = await create_order(connection, wanted())
    assert (str(order.freight), str(order.total_amount)) == ("4.905", "14.905")
    assert await create_order(connection, wanted("4.9050")) == order
    for other in (None, "4.91"):
        with pytest.raises(Conflict, match="already"):
            await create_order(connection, wanted(other))
    assert (await create_order(connection, wanted(None, "2"))).total_amount == 10
    for bad in ("-0.01", "NaN", "1e12"):
        with pytest.raises(InvalidInput, match="freight"):
            await create_order(connection, wanted(bad, "3"))


async def test_it_can_be_changed_until_the_goods_have_left(
    connection: Connection, cup: None
) -> None:
    made = await create_order(connection, wanted())
    async with connection.transaction():
        free = await change_order(connection, "1", OrderChange(freight=Decimal(0)))
        assert (free.total_amount, free.items) == (10, made.items)
        assert await change_order(connection, "1", OrderChange(freight=Decimal("0.00"))) == free
        await change_order(connection, "1", OrderChange(status=Status.SHIPPED))
        with pytest.raises(Conflict, match="items and freight"):
            await change_order(connection, "1", OrderChange(freight=Decimal(1)))


async def test_reports_tell_it_apart(connection: Connection, cup: None) -> None:
    await create_order(connection, wanted())
    await create_order(connection, wanted("1.10", "2"))
    await create_order(connection, wanted(None, "3"))
    async with connection.transaction():
        await cancel_order(connection, "2")
        period = reports.period_of(AT.date(), "day", "UTC")
        await reports.build(connection, "orders", period, reason="test")
    found = await reports.summary(connection, AT.date())
    figures = (found.total_value, found.total_freight, found.sales.value, found.sales.freight)
    assert list(map(str, figures)) == ["36.005", "6.005", "24.905", "4.905"]
    assert (str(found.cancelled.value), str(found.cancelled.freight)) == ("11.10", "1.10")
    assert found.values[0].total_freight == found.total_freight
    listed = (await reports.rows(connection, AT.date())).items
    assert [str(row.total_amount) for row in listed] == ["14.905", "11.10", "10.00"]
    live = await connection.fetch("select * from shop.order_reports order by order_id")
    assert [row["total_amount"] for row in live] == [row.total_amount for row in listed]
    behind = await reports.figure_orders(connection, AT.date())
    assert behind.agrees
    assert [str(each.freight) for each in behind.items] == ["4.905", "1.10", "0.00"]
    whole = (await reports.series(connection, AT.date(), AT.date())).whole.figures
    assert whole is not None
    assert whole.total_freight == found.total_freight


async def test_a_changed_freight_makes_a_revision(connection: Connection, cup: None) -> None:
    await create_order(connection, wanted())
    period = reports.period_of(AT.date(), "day", "UTC")
    for freight in ("4.905", "5"):
        async with connection.transaction():
            await change_order(connection, "1", OrderChange(freight=Decimal(freight)))
            built = await reports.build(connection, "orders", period, reason="test")
    assert (built.revision, built.rows_altered) == (2, 1)


def test_summaries_of_before_are_read_as_without() -> None:
    of_now = reports.figures.figures([reports.figures.Totals("EUR", 1, 2, 3, Decimal(4))], 1, "EUR")
    former = msgspec.json.decode(msgspec.json.encode(of_now))
    for part in (former, former["sales"], former["refunds"], former["cancelled"]):
        part.pop("freight", None)
        part.pop("total_freight", None)
    former["values"] = []
    read = msgspec.convert(former, reports.Figures, strict=False)
    assert (read.total_freight, read.sales.freight, read.total_value) == (0, 0, 4)


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], Path]:
    def write(lines: str) -> Path:
        (tmp_path / "map.toml").write_text(MAP)
        path = tmp_path / "orders.csv"
        path.write_text(f"order,time,what,pieces,price,way\n{lines}")
        return path

    return write


async def test_a_file_tells_it_line_by_line(
    connection: Connection, file: Callable[[str], Path]
) -> None:
    path = file(
        "1,2026-03-29T12:00:00,cup,2,2.50,1.10\n1,2026-03-29T12:00:00,mug,1,3,0.20\n"
        "2,2026-03-29T12:00:00,cup,1,2.50,\nC1,2026-03-30T12:00:00,cup,-1,2.50,-1.10\n"
    )
    how = {"mapping": column_map(path.with_name("map.toml")), "currency": "EUR", "zone": "UTC"}
    await import_orders(connection, path, **how)  # type: ignore[arg-type]
    told = [(await read_order(connection, each)).freight for each in ("1", "2", "C1")]
    assert list(map(str, told)) == ["1.30", "0", "-1.10"]
    file("2,2026-03-29T12:00:00,cup,1,2.50,-1\n")
    with pytest.raises(BadLines, match="way: -1 is below 0, and the order is no cancellation"):
        await import_orders(connection, path, **how)  # type: ignore[arg-type]


async def test_what_a_file_does_not_tell_stays(
    connection: Connection, cup: None, tmp_path: Path
) -> None:
    await create_order(connection, wanted())
    (tmp_path / "map.toml").write_text(MAP.replace('freight = "way"', ""))
    path = tmp_path / "orders.csv"
    path.write_text("order,time,what,pieces,price\n1,2026-03-29T12:50:00,cup,5,2.50\n")
    mapping = column_map(tmp_path / "map.toml")
    await import_orders(connection, path, mapping=mapping, currency="EUR", zone="UTC")
    order = await read_order(connection, "1")
    assert (order.items[0].quantity, str(order.freight)) == (5, "4.905")
    assert order.placed_at.date() == date(2026, 3, 29)
