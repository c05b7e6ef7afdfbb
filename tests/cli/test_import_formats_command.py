"""`horarium import`: Olist's files, and files with own column maps."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]

MAP = """\
order_id = "Order"
placed_at = "Date"
product_id = "Item"
quantity = "Pieces"
price = "Price"
delimiter = ";"
"""


def test_a_file_with_own_columns(horarium: Run, tmp_path: Path) -> None:
    columns, file = tmp_path / "map.toml", tmp_path / "orders.csv"
    columns.write_text(MAP)
    file.write_text("Order;Date;Item;Pieces;Price;Note\nA1;2026-01-02T10:00:00;x;2;1.50;hi\n")
    how = ("import", str(file), "--columns", str(columns), "--zone=UTC")
    done = horarium(*how, "--json").json
    assert (done["orders"], done["added"]["orders"]) == (1, 1)
    assert "0 added, 0 changed, 1 as they were" in horarium(*how).out
    file.write_text("Order;Date;Item;Pieces;Price;Note\nA2;2026-01-02T10:00:00;x;two;1.50;hi\n")
    refused = horarium(*how)
    assert refused.status == 2
    assert "line 2, column Pieces: 'two' is not a whole number" in refused.error
    both = horarium(*how, "--format=uci")
    assert (both.status, "give one of them" in both.error) == (2, True)


def test_orders_of_olist(horarium: Run, tmp_path: Path) -> None:
    head = (
        "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,"
        "order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date"
    )
    orders = tmp_path / "olist_orders_dataset.csv"
    orders.write_text(f"{head}\nq1,c1,created,2018-06-12 20:07:44,,,,\n")
    missing = horarium("import", str(orders), "--format=olist")
    assert (missing.status, "order_items" in missing.error) == (2, True)
    (tmp_path / "olist_order_items_dataset.csv").write_text(
        "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value\n"
        "q1,1,p,s,2018-06-20 20:00:00,10.90,3.10\n"
    )
    done = horarium("import", str(orders), "--format=olist", "--json").json
    assert (done["orders"], done["lines"], done["bad"]) == (1, 2, 0)
    assert done["first"] == "2018-06-12T23:07:44Z"
