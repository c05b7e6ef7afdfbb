"""What holds of builds whatever happened before, and how the second one is planned."""

import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from shop_orders import DAY, NOON, build_day, place, reported, settle

from horarium.database import Connection, statement
from horarium.reports import period_of, revisions


@pytest.fixture(autouse=True)
async def _settled(connection: Connection) -> None:
    await settle(connection)


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happens_the_current_revision_is_what_the_orders_say(
    connection: Connection, seed: int
) -> None:
    chance = random.Random(seed)
    for number in range(12):
        for change in chance.sample(CHANGES, 2):
            await change(connection, chance, f"{number}-{chance.random()}")
        revision = await build_day(connection)
        live = await connection.fetch(
            "select order_id, count_product, total_amount from shop.order_reports"
            " where report_at = $1",
            DAY,
        )
        assert await reported(connection) == {row[0]: (row[1], row[2]) for row in live}
        assert revision.row_count == len(live)
        await _one_current_revision(connection, revision.revision)
        assert (await build_day(connection)).changed is False


async def _one_current_revision(connection: Connection, number: int) -> None:
    current = await connection.fetch(
        "select p.revision, p.summary = r.summary and p.row_count = r.row_count as same"
        " from horarium.report_periods p join horarium.report_revisions r"
        " using (report, starts_at, revision)"
    )
    assert [tuple(row) for row in current] == [(number, True)]
    kept = [each.revision for each in await revisions(connection, DAY)]
    assert kept == list(range(number, 0, -1))


async def _add(connection: Connection, chance: random.Random, name: str) -> None:
    lines = [(f"p{chance.randrange(4)}", chance.choice((-2, 1, 3)), "1.005")] * chance.randrange(4)
    await place(connection, name, *lines, kind=chance.choice(("sale", "cancellation")))


async def _move(connection: Connection, chance: random.Random, name: str) -> None:
    await connection.execute(
        "update shop.orders set placed_at = placed_at + $1 where id ="
        " (select id from shop.orders order by md5(id || $2) limit 1)",
        *(timedelta(days=chance.choice((-1, 1))), name),
    )


async def _alter(connection: Connection, chance: random.Random, name: str) -> None:
    await connection.execute(
        "update shop.order_items set price = $1 where order_id ="
        " (select id from shop.orders order by md5(id || $2) limit 1)",
        *(Decimal(chance.randrange(1, 999)) / 1000, name),
    )


async def _delete(connection: Connection, chance: random.Random, name: str) -> None:
    await connection.execute(
        "delete from shop.orders where id ="
        " (select id from shop.orders order by md5(id || $1) limit 1)",
        name,
    )


Change = Callable[[Connection, random.Random, str], Awaitable[None]]
CHANGES: list[Change] = [_add, _add, _move, _alter, _delete]


async def test_a_later_build_never_falls_into_nested_loops(connection: Connection) -> None:
    """The rows of the day are newer than the statistics, which know of an emptied table."""
    await connection.execute("alter table shop.reports set (autovacuum_enabled = off)")
    await connection.execute(
        "insert into shop.orders (id, currency, placed_at)"
        " select 'o' || n, 'EUR', $1 from generate_series(1, 4000) n",
        NOON,
    )
    await build_day(connection)
    await connection.execute("delete from shop.reports")
    await connection.execute("analyze shop.orders, shop.reports")
    await build_day(connection)
    _assert_steady(await _plan(connection))

    # All are altered, and nine of ten are the next day's now.
    await connection.execute(
        "update shop.orders set currency = 'USD',"
        " placed_at = placed_at + interval '1 day' * (id not like '%0')::integer"
    )
    _assert_steady(await _plan(connection))
    assert len(await reported(connection)) == 400


def _assert_steady(plan: str) -> None:
    assert "Full Join" in plan
    loops = [line for line in plan.splitlines() if "CTE Scan" in line and "loops=1)" not in line]
    assert [line for line in loops if "never executed" not in line] == []


async def _plan(connection: Connection) -> str:
    """How a build is planned that sees what has changed, and what each step of it did."""
    period = period_of(DAY, "day", "UTC")
    text = "explain (analyze, timing off, costs off) " + statement(
        "horarium.reports", "build_orders"
    )
    values = (period.starts_at, period.ends_at, period.day, "orders", None)
    return "\n".join(row[0] for row in await connection.fetch(text, *values))
