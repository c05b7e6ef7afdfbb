"""Olist's orders: what their files become, and the known answers of the real ones."""

import gzip
from datetime import date
from pathlib import Path

import pytest

from horarium import reports
from horarium.database import Connection
from horarium.errors import InvalidInput
from horarium.shop import BadLines, Counts, Status, import_orders, read_order, settle_profile

NOTHING = Counts(0, 0, 0)
ORDERS = """\
order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,\
order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date
o1,c1,delivered,2018-06-12 20:07:44,,,,2018-07-17 00:00:00
o2,c2,canceled,2018-06-12 23:30:00,,,,
o3,c3,unavailable,2018-06-13 09:00:00,,,,
"""
ITEMS = """\
order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value
o1,1,p1,s,2018-01-18 14:48:30,199.0,17.87
o1,2,p1,s,2018-01-18 14:48:30,199.0,17.87
o2,1,p2,s,2018-01-18 14:48:30,10.50,1.00
"""
CUSTOMERS = """\
customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state
c1,ada,1,x,SP
c2,ada,1,x,SP
c3,bob,1,x,SP
"""
# orders, items, distinct products, goods, freight, both; not cancelled: orders with items, items,
# goods, goods and freight, average of both
DAYS = {
    "2017-10-15": "15 18 17 2260.43 355.87 2616.30 15 18 2260.43 2616.30 174.42",
    "2017-11-24": "187 211 172 22654.94 3723.95 26378.89 186 211 22654.94 26378.89 141.82",
    "2018-02-17": "29 33 28 3699.08 601.10 4300.18 28 32 3678.09 4267.34 152.41",
    "2018-05-07": "56 63 55 8128.25 1506.20 9634.45 56 63 8128.25 9634.45 172.04",
    "2018-08-06": "58 69 60 7372.97 1747.24 9120.21 57 68 7259.87 8988.22 157.69",
}
ZONES = {
    "UTC": "18 21 2773.83 179 204 22708.55 28 32 3428.85 54 62 7545.18 55 65 6457.95",
    "Europe/London": "15 18 2625.34 179 204 22708.55 28 32 3428.85 52 60 5979.39 54 64 6212.95",
}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "olist_order_items_dataset.csv").write_text(ITEMS)
    (tmp_path / "olist_customers_dataset.csv").write_text(CUSTOMERS)
    path = tmp_path / "olist_orders_dataset.csv"
    path.write_text(ORDERS)
    return path


async def take(connection: Connection, path: Path, **how: object):  # type: ignore[no-untyped-def]
    return await import_orders(
        connection, path, mapping="olist", zone="America/Sao_Paulo", currency="BRL", **how
    )


async def test_files_become_orders_and_again_change_nothing(
    connection: Connection, files: Path
) -> None:
    done = await take(connection, files)
    assert (done.lines, done.orders, done.users, done.products) == (6, 3, 2, 2)
    assert done.added == Counts(3, 2, 2)
    order = await read_order(connection, "o1")
    assert (order.status, order.user_id, str(order.total_amount)) == (
        Status.DELIVERED, "ada", "433.74"
    )  # fmt: skip
    assert str(order.freight) == "35.74"
    assert [(item.line, item.quantity, str(item.price)) for item in order.items] == [
        (1, 1, "199.0"), (2, 1, "199.0")
    ]  # fmt: skip
    assert order.placed_at.isoformat() == "2018-06-12T23:07:44+00:00"
    empty = await read_order(connection, "o3")
    assert (empty.items, empty.status, empty.user_id) == ([], Status.CANCELLED, "bob")
    again = await take(connection, files)
    assert (again.added, again.changed, again.unchanged) == (NOTHING, NOTHING, Counts(3, 2, 2))
    assert (await read_order(connection, "o1")).version == order.version


async def test_what_the_file_says_later_is_kept(connection: Connection, files: Path) -> None:
    await take(connection, files)
    files.write_text(ORDERS.replace("o3,c3,unavailable", "o3,c3,shipped"))
    done = await take(connection, files)
    assert done.changed.orders == 1
    assert (await read_order(connection, "o3")).status is Status.SHIPPED


async def test_freight_that_the_file_tells_otherwise_is_changed(
    connection: Connection, files: Path
) -> None:
    await take(connection, files)
    items = files.parent / "olist_order_items_dataset.csv"
    items.write_text(ITEMS.replace("10.50,1.00", "10.50,1.25"))
    assert (await take(connection, files)).changed.orders == 1
    assert str((await read_order(connection, "o2")).total_amount) == "11.75"


async def test_without_customers_each_order_has_its_own(
    connection: Connection, files: Path
) -> None:
    (files.parent / "olist_customers_dataset.csv").unlink()
    await take(connection, files)
    assert (await read_order(connection, "o1")).user_id == "c1"


async def test_bad_lines_are_named_with_their_file(
    connection: Connection, files: Path, tmp_path: Path
) -> None:
    files.write_text(ORDERS.replace("canceled", "lost") + ORDERS.splitlines()[1] + "\n")
    items = files.parent / "olist_order_items_dataset.csv"
    items.write_text(ITEMS + "o9,1,p1,s,,1.00,0\no1,3,p1,s,,cheap,0\no1,4\no1,5,p1,s,,1,-1\n")
    with pytest.raises(BadLines) as caught:
        await take(connection, files)
    found = [(each.path.name, each.line, each.column) for each in caught.value.bad if each.path]
    assert found == [
        (files.name, 3, "order_status"),
        (files.name, 5, "order_id"),
        (items.name, 4, "order_id"),
        (items.name, 5, "order_id"),
        (items.name, 6, "price"),
        (items.name, 7, None),
        (items.name, 8, "freight_value"),
    ]
    assert await connection.fetchval("select count(*) from shop.orders") == 0
    bad = tmp_path / "bad.csv"
    done = await take(connection, files, skip_bad=bad)
    assert (done.orders, done.lines, done.bad) == (2, 4, 7)
    told = bad.read_text().splitlines()
    assert told[1].startswith(f"{files.name}:3,order_status,")


async def test_files_that_are_missing_or_of_another_kind(
    connection: Connection, files: Path
) -> None:
    other = files.with_name("sales.csv")
    other.write_text(ORDERS)
    with pytest.raises(InvalidInput, match="name has no `orders`"):
        await take(connection, other)
    files.write_text(ITEMS)
    with pytest.raises(BadLines, match="customer_id"):
        await take(connection, files)
    (files.parent / "olist_order_items_dataset.csv").unlink()
    with pytest.raises(InvalidInput, match="no such file"):
        await take(connection, files)


async def test_known_answers(connection: Connection, shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "olist-sample-15k"
    path = near_days(folder, tmp_path)
    await settle_profile(connection, "America/Sao_Paulo", "BRL")
    first = await take(connection, path)
    again = await take(connection, path)
    assert (again.added, again.changed) == (NOTHING, NOTHING)
    assert first.bad == 0
    for day, known in DAYS.items():
        found = await built(connection, day, "America/Sao_Paulo")
        sales = found.sales
        told = (
            *(found.total_orders, found.total_products, found.distinct_products),
            *(found.total_value - found.total_freight, found.total_freight, found.total_value),
            *(found.total_orders - found.cancelled.orders, sales.lines),
            *(sales.value - sales.freight, sales.value, sales.average_order_value),
        )
        assert " ".join(map(str, told)) == known, day
        for figure in reports.FIGURES:
            behind = await reports.figure_orders(connection, date.fromisoformat(day), figure)
            assert behind.agrees, (day, figure)
            assert sum(each.freight for each in behind.sums) == {
                "total": found.total_freight, "sales": sales.freight,
                "refunds": 0, "cancelled": found.cancelled.freight,
            }[figure]  # fmt: skip
        asked = (connection, date.fromisoformat(day))
        best = await reports.top_customers(*asked, date.fromisoformat(day), currency="BRL")
        assert sum(each.sales.value for each in best.items) <= sales.value
    for zone, known in ZONES.items():
        told_all = [await built(connection, day, zone) for day in DAYS]
        figures = [
            f"{e.total_orders} {e.total_products} {e.total_value - e.total_freight}"
            for e in told_all
        ]
        assert " ".join(figures) == known, zone


async def built(connection: Connection, day: str, zone: str) -> reports.Summary:
    period = reports.period_of(date.fromisoformat(day), "day", zone)
    async with connection.transaction():
        await reports.build(connection, "orders", period, reason="test")
    return await reports.summary(connection, period.day)


def near_days(folder: Path, target: Path) -> Path:
    """The orders of the known days and of those beside them, with their items, as files."""
    near = tuple(
        date.fromordinal(date.fromisoformat(day).toordinal() + step).isoformat()
        for day in DAYS
        for step in (-1, 0, 1)
    )
    names = [f"olist_{name}_dataset.csv" for name in ("orders", "order_items", "customers")]
    heads, items, customers = (
        gzip.decompress((folder / f"{name}.gz").read_bytes()).decode().splitlines(keepends=True)
        for name in names
    )
    chosen = [line for line in heads[1:] if line.split(",")[3].startswith(near)]
    ids = {line.split(",")[0] for line in chosen}
    lines = [line for line in items[1:] if line.split(",")[0] in ids]
    (target / names[0]).write_text(heads[0] + "".join(chosen))
    (target / names[1]).write_text(items[0] + "".join(lines))
    (target / names[2]).write_text("".join(customers))
    return target / names[0]
