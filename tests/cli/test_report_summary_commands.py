"""`horarium report`: summary, series, rankings, and the orders behind a figure."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from horarium import shop
from horarium.application import Horarium as Application
from horarium.settings import Settings

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def filled(url: str) -> None:
    async def fill() -> None:
        app = Application(Settings(database_url=url, zone="UTC", currency="GBP"))
        async with app.running():
            await app.settle()
            async with app.transaction() as connection:
                await shop.create_user(connection, shop.NewUser(name="Ada", id="ada"))
                for name, price in (("mug", "2.55"), ("wrap", "0.5")):
                    new = shop.NewProduct(name.upper(), Decimal(price), stock=None, id=name)
                    await shop.create_product(connection, new)
                for order, user, items in (
                    ("1", "ada", [shop.NewItem("mug", 4), shop.NewItem("wrap", 1)]),
                    ("2", None, [shop.NewItem("mug", 1)]),
                    ("3", None, [shop.NewItem("wrap", 3)]),
                ):
                    at = datetime(2026, 3, 29, 9, tzinfo=UTC)
                    new_order = shop.NewOrder(items=items, user_id=user, placed_at=at, id=order)
                    await shop.create_order(connection, new_order)
                await shop.cancel_order(connection, "3")

    asyncio.run(fill())


@pytest.mark.usefixtures("filled")
def test_from_the_day_to_its_orders(horarium: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HORARIUM_ZONE", "UTC")
    monkeypatch.setenv("HORARIUM_CURRENCY", "GBP")
    assert horarium("report", "build", "2026-03-29").status == 0
    assert horarium("report", "build", "2026-03-27").status == 0
    summary = horarium("report", "show", "--summary", "--json").json
    assert (summary["sales"]["orders"], summary["cancelled"]["orders"]) == (2, 1)
    shown = horarium("report", "show", "--summary").out
    assert "cancelled" in shown
    assert "by hand" not in shown.replace("(by hand)", "")
    series = horarium("report", "series", "--from", "2026-03-27", "--json").json
    assert [each["built"] for each in series["points"]] == [1, 0, 1]
    told = horarium("report", "series", "--from=2026-03-27", "--every=month").out
    assert "2 of 3 days" in told
    assert "not built" in horarium("report", "series", "--from=2026-03-27").out
    top = horarium("report", "top", "products", "--json").json
    assert [(each["rank"], each["product_id"]) for each in top["items"]] == [
        (1, "mug"),
        (2, "wrap"),
    ]
    customers = horarium("report", "top", "customers", "2026-03-29").out
    assert "Ada" in customers
    assert "1 orders of 2.55 GBP name no customer" in customers
    gone = horarium("report", "orders", "--figure=cancelled", "--json").json
    assert ([each["order_id"] for each in gone["items"]], gone["agrees"]) == (["3"], True)
    assert "3 orders" in horarium("report", "orders").out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("top", "orders"), "products, customers"),
        (("top", "products", "--by=name"), "value, units"),
        (("top", "products", "2026-03-29", "--from=2026-03-01"), "one day"),
        (("top", "products", "--currency=pounds"), "currency"),
        (("series", "--every=year"), "day, week, month"),
        (("series", "--from=2026-03-02", "--to=2026-03-01"), "ends before"),
        (("orders", "--figure=profit"), "refunds"),
    ],
)
@pytest.mark.usefixtures("filled")
def test_what_cannot_be_used(horarium: Run, arguments: tuple[str, ...], says: str) -> None:
    done = horarium("report", *arguments)
    assert done.status == 2, done
    assert says in done.error
