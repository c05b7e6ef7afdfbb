"""The command: `python -m benchmarks.builds`; status 1 where a target is not met."""

import argparse
import os
import sys

import uvloop

from benchmarks.builds import large_day
from benchmarks.figures import Figure, Quantity, Ratio
from benchmarks.session import say
from benchmarks.shop.place import opened
from benchmarks.table import render
from horarium.database import Database

DATABASE = "postgresql://postgres@127.0.0.1:5432/postgres"


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(
        "benchmarks.builds", description=sys.modules[__package__].__doc__
    )
    parser.add_argument("--runs", type=int, default=3, help="of each (3)")
    parser.add_argument("--orders", type=int, default=1_000_000, help="of the day (1000000)")
    arguments = parser.parse_args()
    quantity = uvloop.run(_measure(arguments.runs, arguments.orders))
    print(render(quantity, "order report"))
    return 0 if all(verdict.met for verdict in quantity.verdicts) else 1


async def _measure(runs: int, orders: int) -> Quantity:
    found: dict[str, list[float]] = {"bare": [], "order report": [], "own report": []}
    async with opened(os.environ.get("DATABASE_URL", DATABASE)) as url:
        database = Database(url)
        say(f"{orders:,} orders are made")
        await large_day.fill(database, orders)
        for run in range(runs):
            say(f"run {run + 1} of {runs}")
            for name in found:
                found[name].append(await _one(database, name, orders))
        await database.close()
    quantity = Quantity(
        name="build",
        title=f"Build of a day with {orders:,} orders and {orders * large_day.LINES:,} lines",
        unit="s",
        figures=[Figure(peer=name, values=values) for name, values in found.items()],
        more_is_better=False,
        digits=1,
    )
    quantity.verdicts = [Ratio("bare", 1.3).judge(quantity, "order report")]
    return quantity


async def _one(database: Database, name: str, orders: int) -> float:
    async with database.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            if name == "bare":
                return await large_day.bare(connection)
            if name == "own report":
                return await large_day.own_report(connection, orders)
            return await large_day.order_report(connection, orders)
        finally:
            await transaction.rollback()
            # What was undone would be in the way of those after it, and only of some; so would be a
            # checkpoint, which three builds bring about by what they write.
            await connection.execute("vacuum shop.reports, horarium.report_rows", timeout=3600)
            await connection.execute("checkpoint", timeout=3600)


if __name__ == "__main__":
    sys.exit(main())
