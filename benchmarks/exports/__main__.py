"""The command: `python -m benchmarks.exports`; status 1 where a target is not met."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import uvloop

from benchmarks.exports import rows
from benchmarks.exports.served import Server
from benchmarks.exports.written import bare, written
from benchmarks.figures import Figure, Quantity, Ratio, Verdict
from benchmarks.session import say
from benchmarks.table import render

DATABASE = "postgresql://postgres@127.0.0.1:5432/postgres"
MOST_MEMORY = 150.0


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser("benchmarks.exports")
    parser.add_argument("--runs", type=int, default=3, help="of each (3)")
    parser.add_argument("--rows", type=int, default=5_000_000, help="of the export (5000000)")
    arguments = parser.parse_args()
    quantities = uvloop.run(_measure(arguments.runs, arguments.rows))
    for quantity in quantities:
        print(render(quantity, "served"), "\n")
    met = [verdict.met for quantity in quantities for verdict in quantity.verdicts]
    return 0 if all(met) else 1


async def _measure(runs: int, count: int) -> list[Quantity]:
    rates: dict[str, list[float]] = {"bare": [], "served": [], "written": []}
    memory: list[float] = []
    server = os.environ.get("DATABASE_URL", DATABASE)
    say(f"{count:,} rows are made")
    async with rows.opened(server, count) as url:
        with tempfile.TemporaryDirectory() as folder:
            for run in range(runs):
                say(f"run {run + 1} of {runs}")
                rates["bare"].append(count / await bare(url))
                async with Server(url, Path(folder)) as site:
                    rates["served"].append(count / await site.fetch("/report/export", count))
                    memory.append(site.peak)
                rates["written"].append(count / await written(url, Path(folder, "x.csv"), count))
    return [_speed(rates, count), _memory(memory)]


def _speed(rates: dict[str, list[float]], count: int) -> Quantity:
    figures = [Figure(peer=peer, values=values) for peer, values in rates.items()]
    title = f"CSV of {count:,} rows"
    speed = Quantity(name="csv", title=title, unit="rows/s", figures=figures)
    speed.verdicts = [
        Ratio("bare", 0.6).judge(speed, "served"),
        Ratio("bare", 0.6).judge(speed, "written"),
    ]
    return speed


def _memory(peaks: list[float]) -> Quantity:
    figures = [Figure(peer="served", values=peaks)]
    memory = Quantity(name="memory", title="Memory of the server", unit="MB", figures=figures)
    most = max(peaks)
    memory.verdicts = [Verdict(f"served ≤ {MOST_MEMORY:g} MB", f"{most:,.0f}", most <= MOST_MEMORY)]
    return memory


if __name__ == "__main__":
    sys.exit(main())
