"""Former revisions: their rows and what they changed can be read, whatever happened since."""

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from shop_orders import DAY, LATER, place, settle

from horarium.database import Connection, statement
from horarium.errors import InvalidInput, NotFound
from horarium.reports import (
    NewRow,
    add_row,
    build,
    defined,
    period_of,
    period_rows,
    revision_changes,
    revision_rows,
    revisions_of,
)

PERIOD = period_of(DAY)
START = PERIOD.starts_at


@pytest.fixture
async def connection(shared_connection: Connection) -> Connection:
    await settle(shared_connection)
    return shared_connection


async def orders_at(connection: Connection, number: int) -> dict[str, Any]:
    found = await revision_rows(connection, "orders", START, number)
    assert found.total == len(found.items)
    return {row["order_id"]: (row["count_product"], row["total_amount"]) for row in found.items}


async def build_orders(connection: Connection, **how: Any) -> int:
    return (await build(connection, "orders", PERIOD, **{"reason": "dirty", **how})).revision


async def test_the_order_reports_former_rows(connection: Connection) -> None:
    await place(connection, "b", ("pen", 2, "1.50"))
    await place(connection, "c", ("pen", 1, "1.50"))
    await build_orders(connection, reason="schedule")
    await place(connection, "a", ("cup", 1, "7.001"))
    await connection.execute("delete from shop.orders where id = 'c'")
    await connection.execute("update shop.order_items set price = 2 where order_id = 'b'")
    await build_orders(connection)
    await add_row(connection, NewRow(DAY, "hand", 3, Decimal("1.10"), "EUR"))
    await connection.execute("delete from shop.orders")
    await build_orders(connection)
    first = {"b": (1, Decimal("3.00")), "c": (1, Decimal("1.50"))}
    second = {"a": (1, Decimal("7.001")), "b": (1, Decimal(4))}
    hand = {"hand": (3, Decimal("1.10"))}
    assert await orders_at(connection, 1) == first
    assert await orders_at(connection, 2) == second
    assert await orders_at(connection, 3) == second | hand
    assert await orders_at(connection, 4) == hand
    found = await revision_changes(connection, "orders", START, 2)
    assert [(each.kind, (each.after or each.before or {})["order_id"]) for each in found.items] == [
        ("added", "a"), ("altered", "b"), ("removed", "c")
    ]  # fmt: skip
    altered = found.items[1]
    assert altered.before is not None
    assert altered.before["total_amount"] == Decimal("3.00")
    figures = {each.figure: (each.before, each.after) for each in found.figures}
    assert figures["total_value"] == ("4.50", "11.001")
    assert figures["values.EUR.sales.value"] == ("4.50", "11.001")
    assert "total_orders" not in figures
    by_hand = await revision_changes(connection, "orders", START, 3)
    assert [each.kind for each in by_hand.items] == ["added"]
    assert [each.revision for each in await revisions_of(connection, "orders", START)] == [
        4, 3, 2, 1
    ]  # fmt: skip


async def test_a_day_that_was_empty_at_first(connection: Connection) -> None:
    await build_orders(connection)
    await place(connection, "a", ("pen", 2, "1.50"))
    await build_orders(connection)
    assert await orders_at(connection, 1) == {}
    assert set(await orders_at(connection, 2)) == {"a"}


async def test_every_revision_of_a_report_can_be_read(connection: Connection) -> None:
    """Rows come, go, change and repeat at random; each revision reads as it was built."""
    await connection.execute("create temporary table facts (id int, name text, n numeric)")
    chance = random.Random(7)
    for key, columns in (
        ("id", None),
        ((), None),
        (("id", "name"), "id int, name text, n numeric"),
    ):
        await connection.execute("delete from pg_temp.facts")
        definition = defined(
            "facts",
            lambda period: "select id, name, n from pg_temp.facts order by n desc, id",
            key=key,
            columns=columns,
        )
        await connection.execute("delete from horarium.report_periods where report = 'facts'")
        await connection.execute("delete from horarium.report_rows where report = 'facts'")
        await connection.execute("delete from horarium.report_revisions where report = 'facts'")
        await connection.execute("delete from horarium.report_changes where report = 'facts'")
        wanted: dict[int, list[tuple[Any, ...]]] = {}
        for _ in range(12):
            await connection.execute(
                "delete from pg_temp.facts where id in (select unnest($1::int[]))",
                chance.sample(range(30), 6),
            )
            for id in chance.sample(range(30), 8):
                if key and await connection.fetchval("select $1 in (select id from facts)", id):
                    continue
                name = chance.choice(["x", "y", None])
                await connection.execute("insert into facts values ($1, $2, 1.50)", id, name)
            await connection.execute(
                "update pg_temp.facts set n = n + 1 where id = any($1)", chance.sample(range(30), 5)
            )
            revision = await build(connection, definition, PERIOD, reason="dirty")
            rows = await connection.fetch("select id, name, n from facts order by n desc, id")
            wanted.setdefault(revision.revision, [tuple(row) for row in rows])
        assert len(wanted) > 8
        for number, rows_then in wanted.items():
            found = await revision_rows(connection, "facts", START, number)
            items = [tuple(row.values()) for row in found.items]
            assert sorted(items, key=repr) == sorted(rows_then, key=repr)
            assert found.total == len(items)
        current = await period_rows(connection, "facts", START, count=1000)
        assert [row["n"] for row in current.items] == [row[2] for row in wanted[max(wanted)]]


async def test_a_change_of_columns_can_be_read_too(connection: Connection) -> None:
    for query, key in (
        ("select 1 as a, 'x' as b union all select 2, 'y'", "a"),
        ("select 'x' as b, 1 as a, 3 as c union all select '1', 2, 4", "b"),
        ("select 9 as c", ()),
    ):
        definition = defined("turning", lambda period, q=query: q, key=key)
        await build(connection, definition, PERIOD, reason="by hand")
    first = await revision_rows(connection, "turning", START, 1)
    assert first.items == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
    second = await revision_rows(connection, "turning", START, 2)
    assert sorted(second.items, key=repr) == [
        {"b": "1", "a": 2, "c": 4}, {"b": "x", "a": 1, "c": 3}
    ]  # fmt: skip
    changes = await revision_changes(connection, "turning", START, 3)
    assert [each.after for each in changes.items if each.kind == "added"] == [{"c": 9}]
    assert {"b": "x", "a": 1, "c": 3} in [each.before for each in changes.items]


async def test_pages_of_rows_and_changes(connection: Connection) -> None:
    numbers = [5, 7]
    for most in numbers:
        definition = defined(
            "many", lambda period, m=most: f"select n from generate_series(1, {m}) n"
        )
        await build(connection, definition, PERIOD, reason="schedule")
    seen, cursor = [], None
    while True:
        page = await period_rows(connection, "many", START, count=3, cursor=cursor)
        seen += [row["n"] for row in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == [1, 2, 3, 4, 5, 6, 7]
    second = await period_rows(connection, "many", START, page=2, count=3)
    assert ([row["n"] for row in second.items], second.total) == ([4, 5, 6], 7)
    first = await revision_changes(connection, "many", START, 1, count=3)
    assert (first.total, [each.kind for each in first.items]) == (5, ["added"] * 3)
    rest = await revision_changes(connection, "many", START, 1, count=3, cursor=first.next)
    assert ([each.after for each in rest.items], rest.next) == ([{"n": 4}, {"n": 5}], None)
    changed = await revision_changes(connection, "many", START, 2, count=1)
    assert changed.next is not None
    last = await revision_changes(connection, "many", START, 2, count=1, cursor=changed.next)
    assert ([each.after for each in last.items], last.next) == ([{"n": 7}], None)
    for wrong in ("x", "W10", "WyJhIl0"):
        with pytest.raises(InvalidInput, match="cursor"):
            await period_rows(connection, "many", START, cursor=wrong)


async def test_what_is_forgotten_is_said(connection: Connection) -> None:
    for n in (1, 2, 3):
        definition = defined("short", lambda period, n=n: f"select {n} as n")
        await build(connection, definition, PERIOD, reason="dirty", now=LATER + timedelta(days=n))
    forget = statement("horarium.reports", "forget_changes")
    await connection.execute(forget, "short", LATER + timedelta(days=2, hours=1), 100)
    with pytest.raises(NotFound, match="not kept any more"):
        await revision_rows(connection, "short", START, 1)
    assert (await revision_rows(connection, "short", START, 2)).items == [{"n": 2}]
    changes = await revision_changes(connection, "short", START, 2)
    assert (changes.kept, changes.items, changes.total) == (False, [], 2)
    assert [each.figure for each in changes.figures] == ["totals.n"]
    with pytest.raises(NotFound, match="no revision 4"):
        await revision_rows(connection, "short", START, 4)
    with pytest.raises(NotFound, match="never built"):
        await period_rows(connection, "short", START + timedelta(days=1))


async def test_another_zone_cuts_the_way_back(connection: Connection) -> None:
    definition = defined("zoned", lambda period: "select :zone as zone")
    tokyo = period_of(DAY, "day", "Asia/Tokyo")
    for period in (PERIOD, tokyo, PERIOD):
        await build(connection, definition, period, reason="zone")
    assert await connection.fetchval("select count(*) from horarium.report_rows") == 1
    numbers = [each.revision for each in await revisions_of(connection, "zoned", START)]
    assert numbers == [2, 1]
    with pytest.raises(NotFound, match="another zone"):
        await revision_rows(connection, "zoned", START, 1)
