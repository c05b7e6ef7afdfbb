"""Own column maps: any CSV file of order lines."""

from collections.abc import Callable
from pathlib import Path

import pytest

from horarium.database import Connection
from horarium.errors import InvalidInput
from horarium.shop import BadLines, Counts, Kind, column_map, import_orders, read_order

GERMAN = """\
order_id = "Bestellung"
placed_at = "Datum"
product_id = "Artikel"
quantity = "Menge"
price = "Preis"
user_id = "Kunde"
delimiter = ";"
decimal = ","
time_format = "%d.%m.%Y %H:%M"
cancellation_prefix = "ST"
"""
LINES = """\
Bestellung;Datum;Kunde;Artikel;Farbe;Menge;Preis
100;24.12.2025 23:30;7;tasse;rot;2;12,50
100;24.12.2025 23:30;7;"teller;groß";;1;3
ST101;25.12.2025 00:10;7;tasse;rot;-1;12,50
"""
Map = Callable[[str], Path]


@pytest.fixture
def written(tmp_path: Path) -> Map:
    def write(text: str) -> Path:
        path = tmp_path / "columns.toml"
        path.write_text(text)
        return path

    return write


async def test_a_file_with_other_columns(
    connection: Connection, written: Map, tmp_path: Path
) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(LINES)
    how = {"mapping": column_map(written(GERMAN)), "zone": "Europe/Berlin", "currency": "EUR"}
    done = await import_orders(connection, path, **how)
    assert (done.lines, done.added) == (3, Counts(2, 1, 2))
    order = await read_order(connection, "100")
    assert (str(order.total_amount), order.user_id, order.currency) == ("28.00", "7", "EUR")
    assert order.placed_at.isoformat() == "2025-12-24T22:30:00+00:00"
    assert [item.product_id for item in order.items] == ["tasse", "teller;groß"]
    assert (await read_order(connection, "ST101")).kind is Kind.CANCELLATION
    again = await import_orders(connection, path, **how)
    assert (again.added, again.changed) == (Counts(0, 0, 0), Counts(0, 0, 0))
    path.write_text(
        LINES + "102;31.02.2026 10:00;7;tasse;;1;1\n103;1.2.2026 10:00;7;t;;1;1.234,5\n"
    )
    with pytest.raises(BadLines) as caught:
        await import_orders(connection, path, **how)
    assert [(each.line, each.column) for each in caught.value.bad] == [(5, "Datum"), (6, "Preis")]


async def test_a_header_without_a_named_column(
    connection: Connection, written: Map, tmp_path: Path
) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("Bestellung;Datum;Kunde;Artikel;Menge\n")
    with pytest.raises(BadLines, match="Preis"):
        await import_orders(connection, path, mapping=column_map(written(GERMAN)))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("order_id = 1", "order_id"),
        (GERMAN.replace('price = "Preis"', ""), "price"),
        (GERMAN + 'colour = "Farbe"', "colour"),
        (GERMAN.replace('delimiter = ";"', 'delimiter = ";;"'), "delimiter"),
        (GERMAN.replace('decimal = ","', 'decimal = "x"'), "point or a comma"),
        (GERMAN.replace('"Menge"', '"Preis"'), "two things"),
        ("order_id = ", "TOML"),
    ],
)
def test_maps_that_are_refused(written: Map, text: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        column_map(written(text))


def test_a_map_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be opened"):
        column_map(tmp_path / "none.toml")
