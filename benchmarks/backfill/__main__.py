"""The command: `python -m benchmarks.backfill FILE`; status 1 where a target is not met."""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from benchmarks.backfill import year
from benchmarks.figures import Figure, Quantity, Verdict
from benchmarks.session import say
from benchmarks.shop.place import opened
from benchmarks.table import render

DATABASE = "postgresql://postgres@127.0.0.1:5432/postgres"
LEAST = 50.0
MOST = 60.0


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(
        "benchmarks.backfill", description=sys.modules[__package__].__doc__
    )
    parser.add_argument("file", type=Path, help="orders of UCI Online Retail")
    parser.add_argument("--runs", type=int, default=3, help="of each (3)")
    arguments = parser.parse_args()
    built, fresh = asyncio.run(_measure(arguments.file, arguments.runs))
    print(f"one minute's load of the machine: {os.getloadavg()[0]:.1f}\n")
    rate = built.median("backfill") or 0.0
    built.verdicts = [Verdict(f"backfill ≥ {LEAST:g} days/s", f"{rate:.0f}", rate >= LEAST)]
    seconds = fresh.median("horarium") or float("inf")
    fresh.verdicts = [Verdict(f"fresh within {MOST:g} s", f"{seconds:.0f} s", seconds <= MOST)]
    for quantity in (built, fresh):
        print(render(quantity, "backfill" if quantity is built else "horarium"), "\n")
    return 0 if all(v.met for quantity in (built, fresh) for v in quantity.verdicts) else 1


async def _measure(file: Path, runs: int) -> tuple[Quantity, Quantity]:
    rates: dict[str, list[float]] = {"backfill": [], "one connection": []}
    seconds: list[float] = []
    async with opened(os.environ.get("DATABASE_URL", DATABASE)) as url:
        say("importing")
        await year.prepare(url, file)
        for run in range(runs):
            say(f"run {run + 1} of {runs}")
            rates["one connection"].append(await year.one_by_one(url))
            async with year.processes(url):
                rates["backfill"].append(await year.backfilled(url))
                seconds.append(await year.changed(url))
    built = Quantity(
        name="built",
        title="A year of days built for the first time",
        unit="days/s",
        figures=[Figure(peer=peer, values=values) for peer, values in rates.items()],
    )
    fresh = Quantity(
        name="fresh",
        title="Every order of the year changed at once, until every day is built again",
        unit="s",
        figures=[Figure(peer="horarium", values=seconds)],
        more_is_better=False,
        digits=1,
    )
    return built, fresh


if __name__ == "__main__":
    sys.exit(main())
