"""SQLite files as sources: Chinook with its float prices, and what is refused."""

import gzip
import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from shop_orders import settle

from horarium.database import Connection
from horarium.errors import Unavailable
from horarium.reports import (
    CheckFailed,
    Days,
    Definition,
    Unbuildable,
    build,
    defined,
    period_of,
    stream_rows,
)

BY_DAY = """
    select count(distinct i.InvoiceId) as invoices, coalesce(sum(l.Quantity), 0) as units,
        coalesce(sum(l.Quantity * l.UnitPrice), 0) as value
    from Invoice i join InvoiceLine l using (InvoiceId)
    where i.InvoiceDate >= :start and i.InvoiceDate < :end
"""
TYPED = "invoices bigint, units bigint, value numeric(10,2)"
SUM = "select sum(Total) from Invoice where InvoiceDate >= :start and InvoiceDate < :end"


@pytest.fixture
async def connection(shared_connection: Connection) -> Connection:
    await settle(shared_connection)
    return shared_connection


@pytest.fixture(scope="session")
def chinook(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("chinook") / "chinook shop.sqlite"
    packed = shared_data / "chinook" / "Chinook_Sqlite.sqlite.gz"
    path.write_bytes(gzip.decompress(packed.read_bytes()))
    return f"sqlite:///{path}"


async def built(
    connection: Connection, url: str, definition: Definition, day: str = "2021-01-01",
    zone: str = "UTC",
) -> list[tuple[Any, ...]]:  # fmt: skip
    period = period_of(date.fromisoformat(day), definition.every, zone)
    async with connection.transaction():
        await build(connection, definition, period, reason="test", sources={"shop": url})
    span = Days(period.day, period.day)
    return [row[1:] async for row in stream_rows(connection, definition.name, span)]


def report(query: str, **how: Any) -> Definition:
    return defined("shop", lambda period: query, source="shop", **how)


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
async def test_floats_become_money(connection: Connection, chinook: str, zone: str) -> None:
    known = {
        "2021-01-01": (1, 2, "1.98"), "2025-12-04": (2, 4, "3.96"), "2025-12-22": (1, 1, "1.99"),
        "2023-07-15": (0, 0, "0.00"), "2024-02-29": (0, 0, "0.00"),
    }  # fmt: skip
    for day, wanted in known.items():
        ((invoices, units, value),) = await built(
            connection, chinook, report(BY_DAY, columns=TYPED), day, zone
        )
        assert (invoices, units, str(value)) == wanted


async def test_all_of_chinook(connection: Connection, chinook: str) -> None:
    query = "select InvoiceId as id, Total as total, BillingState as state from Invoice"
    how = {"columns": "id int, total numeric(10,2), state text", "key": "id"}
    check = "sum of total equals select round(sum(Total), 2) from Invoice"
    rows = await built(connection, chinook, report(query, checks=check, **how))
    assert len(rows) == 412
    assert str(sum(row[1] for row in rows)) == "2328.60"
    assert None in {row[2] for row in rows}


async def test_a_sum_of_floats_equals_the_sum_of_money(
    connection: Connection, chinook: str
) -> None:
    """SQLite's own sum is 2328.600000000004."""
    query = "select InvoiceId as id, Total as total from Invoice"
    how = {"columns": "id int, total numeric(10,2)", "key": "id"}
    rows = await built(
        connection, chinook,
        report(query, checks="sum of total equals select sum(Total) from Invoice", **how),
    )  # fmt: skip
    assert str(sum(row[1] for row in rows)) == "2328.60"
    cent = "sum of total equals select sum(Total) + 0.01 from Invoice"
    with pytest.raises(CheckFailed, match=r"it is 2328.60, and has to equal 2328.61"):
        await built(connection, chinook, report(query, checks=cent, **how))


@pytest.mark.parametrize(
    ("query", "columns", "says"),
    [
        ("select 1 as n", None, "declare them"),
        ("select BillingCity as n from Invoice", "n integer", "invalid input syntax"),
        ("select * from Nowhere", "n text", "no such table"),
        ("with x as (select 1 as n) delete from Invoice", "n text", "may only read"),
        ("select n from (select 1 as n", "n text", "SQLite refuses it"),
    ],
)
async def test_what_is_refused(
    connection: Connection, chinook: str, query: str, columns: str | None, says: str
) -> None:
    with pytest.raises(Unbuildable, match=says):
        await built(connection, chinook, report(query, columns=columns))
    file = sqlite3.connect(chinook.removeprefix("sqlite:///"))
    assert file.execute("select count(*) from Invoice").fetchone() == (412,)
    file.close()


async def test_a_file_that_is_not_there(connection: Connection, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/none.sqlite"
    with pytest.raises(Unavailable, match="the source shop at"):
        await built(connection, url, report("select 1 as n", columns="n int"))
    assert list(tmp_path.iterdir()) == []


async def test_a_query_without_an_end(connection: Connection, chinook: str) -> None:
    query = """
        with recursive n (n) as (select 1 union all select n + 1 from n) select max(n) as n from n
    """
    with pytest.raises(Unavailable, match="timeout"):
        await built(connection, chinook, report(query, columns="n bigint", timeout=0.2))
