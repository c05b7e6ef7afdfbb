"""`horarium import` as it is met first: a shop that has nothing, and then has orders."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from databases import Databases

Horarium = Callable[..., Any]

LINES = (
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    "536365,85123A,LANTERN,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n"
    "536366,22633,WARMER,1,2010-12-01 08:28:00,1.85,,France\n"
)


@pytest.fixture
def url(databases: Databases, template: str) -> Iterator[str]:
    """A shop for each test: what the first import does is done once."""
    name = databases.create(template)
    yield databases.address(name)
    databases.drop(name)


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "orders.csv"
    path.write_text(LINES)
    return str(path)


def test_the_first_orders_say_what_money_is_counted(horarium: Horarium, file: str) -> None:
    assert horarium("migrate").status == 0
    done = horarium("import", file)
    assert (done.status, done.error) == (0, "")
    assert "2 lines read, 0 of them" in done.out
    assert "2 orders: 2 added, 0 changed, 0 as they were." in done.out
    assert "2 as they were" in horarium("import", file).out
    horarium("report", "build", "2010-12-01")
    summary = horarium("report", "show", "2010-12-01", "--json").json["summary"]
    assert (summary["total_value"], summary["currency"]) == ("17.15", "GBP")
    # Whoever migrates without a currency of their own keeps it.
    assert horarium("migrate").status == 0
    assert "GBP" not in horarium("import", file).error


def test_a_currency_that_was_chosen_stays(
    horarium: Horarium, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HORARIUM_CURRENCY", "CHF")
    assert horarium("migrate").status == 0
    monkeypatch.delenv("HORARIUM_CURRENCY")
    done = horarium("import", file)
    assert done.status == 0
    assert "money is GBP, and the reports count CHF first" in done.error


def test_a_file_that_is_refused_leaves_the_currency(
    horarium: Horarium, file: str, tmp_path: Path
) -> None:
    assert horarium("migrate").status == 0
    (tmp_path / "bad.csv").write_text(LINES.replace(",6,", ",six,"))
    done = horarium("import", str(tmp_path / "bad.csv"))
    assert done.status == 2
    assert "line 2, column Quantity: 'six' is not a whole number" in done.error
    assert horarium("import", file, "--currency", "PLN").status == 0
    assert horarium("report", "build", "2010-12-01").status == 0
    summary = horarium("report", "show", "2010-12-01", "--json").json["summary"]
    assert summary["currency"] == "PLN"
