"""Builds of one day at once, in the orders in which they can meet."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from multiprocessing.synchronize import Barrier

import pytest
from shop_orders import DAY, NOON, build_day, place, reported, row_ids, settle

from horarium.database import Connection, Database
from horarium.errors import Conflict
from horarium.reports import (
    ORDER_REPORT,
    NewRow,
    ReportRow,
    Revision,
    add_row,
    period_of,
    revisions,
    rows,
    summary,
)
from horarium.reports.build import merge, serialise

PEN = ("pen", 2, "1.50")
PERIOD = period_of(DAY, "day", "UTC")
BEGUN, WAITED, BUILT = range(3)


@pytest.fixture
async def other(connection: Connection, database_url: str) -> AsyncIterator[Connection]:
    await settle(connection)
    await place(connection, "a", PEN)
    other = await Database(database_url).connect("the second build")
    yield other
    await other.close()


@pytest.mark.parametrize("end", ["commit", "rollback"])
@pytest.mark.parametrize("met", [BEGUN, WAITED, BUILT])
async def test_a_build_meets_another(
    connection: Connection, other: Connection, met: int, end: str
) -> None:
    """The second comes when the first has begun, has its turn, or has built but not committed."""
    first = connection.transaction()
    await first.start()
    second = await _build_when(connection, other, met)
    await getattr(first, end)()
    revision = await second
    assert (revision.revision, revision.row_count) == (1, 1)
    assert revision.changed is (met == BEGUN or end == "rollback")
    assert await reported(connection) == {"a": (1, Decimal(3))}
    assert len(await revisions(connection, DAY)) == 1
    assert (await summary(connection, DAY)).total_orders == 1


@pytest.mark.parametrize("met", [WAITED, BUILT])
async def test_the_second_sees_what_came_after_the_first(
    connection: Connection, other: Connection, met: int, database_url: str
) -> None:
    first = connection.transaction()
    await first.start()
    second = await _build_when(connection, other, met)
    third = await Database(database_url).connect("a late order")
    await place(third, "late", PEN)
    await third.close()
    await first.commit()
    revision = await second
    assert (revision.revision, revision.rows_added, revision.row_count) == (2, 1, 2)
    assert set(await reported(connection)) == {"a", "late"}


async def _build_when(
    connection: Connection, other: Connection, met: int
) -> asyncio.Task[Revision]:
    """Go through the steps of a build; at one of them let the other begin and come to a stand."""
    if met >= WAITED:
        await serialise(connection, ORDER_REPORT, PERIOD)
    if met >= BUILT:
        await merge(connection, ORDER_REPORT, PERIOD, reason="first")
    second = asyncio.create_task(build_day(other, reason="second"))
    while not second.done() and not await _waits(connection, other):
        pass
    if met < WAITED:
        await serialise(connection, ORDER_REPORT, PERIOD)
    if met < BUILT:
        await merge(connection, ORDER_REPORT, PERIOD, reason="first")
    return second


async def _waits(connection: Connection, other: Connection) -> bool:
    waits = "select exists (select from pg_locks where pid = $1 and not granted)"
    found: bool = await connection.fetchval(waits, other.get_server_pid())
    return found


async def test_one_row_by_hand_from_many(
    connection: Connection, other: Connection, database_url: str
) -> None:
    database = Database(database_url, size=6)
    try:
        came = await asyncio.gather(*(_add(database) for _ in range(6)), return_exceptions=True)
    finally:
        await database.close()
    assert [type(each) for each in came].count(Conflict) == 5
    assert [type(each) for each in came].count(ReportRow) == 1
    assert (await rows(connection, DAY)).total == 2


async def _add(database: Database) -> ReportRow:
    async with database.transaction() as connection:
        return await add_row(connection, NewRow(DAY, "hand", 1))


def test_two_processes_build_the_same_days(database_url: str) -> None:
    asyncio.run(_prepare(database_url))
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(2)
    builders = [spawn.Process(target=_build_days, args=(database_url, barrier)) for _ in "12"]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join(60)
    assert [builder.exitcode for builder in builders] == [0, 0]
    asyncio.run(_check(database_url))


DAYS = [DAY + timedelta(days=number) for number in range(6)]


async def _prepare(url: str) -> None:
    connection = await Database(url).connect("tests")
    await settle(connection)
    for number, day in enumerate(DAYS):
        for order in range(number * 9):
            await place(connection, f"{day}-{order}", PEN, at=NOON + timedelta(days=number))
    await connection.close()


def _build_days(url: str, barrier: Barrier) -> None:
    async def run() -> None:
        connection = await Database(url).connect("builder")
        for day in DAYS:
            barrier.wait(30)
            await build_day(connection, day)
        await connection.close()

    asyncio.run(run())


async def _check(url: str) -> None:
    connection = await Database(url).connect("tests")
    for number, day in enumerate(DAYS):
        (revision,) = await revisions(connection, day)
        assert (revision.revision, revision.row_count) == (1, number * 9)
        assert len(await reported(connection, day)) == number * 9
        assert (await summary(connection, day)).total_orders == number * 9
    assert len(await row_ids(connection)) == 9 * 15
    await connection.close()
