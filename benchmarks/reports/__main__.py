"""The command: `python -m benchmarks.reports`; status 1 where a target is not met."""

import argparse
import asyncio
import os
import sys

from benchmarks.environment import peers_python
from benchmarks.figures import Figure, Quantity, Ratio, Verdict, judge_limit
from benchmarks.reports.load import Load, horarium, orm, put_load, tool
from benchmarks.reports.place import DAY, ROWS, opened
from benchmarks.session import say
from benchmarks.table import render

DATABASE = "postgresql://postgres@127.0.0.1:5432/postgres"
ALTERNATIVE = "FastAPI, SQLAlchemy ORM"


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser("benchmarks.reports")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--clients", type=int, default=50)
    arguments = parser.parse_args()
    quantities = asyncio.run(_measure(arguments.runs, arguments.seconds, arguments.clients))
    print(f"load: {tool()}; one minute's load of the machine: {os.getloadavg()[0]:.1f}\n")
    for quantity in quantities:
        print(render(quantity), "\n")
    return 0 if all(v.met for quantity in quantities for v in quantity.verdicts) else 1


async def _measure(runs: int, seconds: float, clients: int) -> list[Quantity]:
    rows: list[Load] = []
    theirs: list[Load] = []
    summaries: list[Load] = []
    python = peers_python()
    async with opened(os.environ.get("DATABASE_URL", DATABASE)) as url:
        with horarium(url) as ours, orm(python, url) as other:
            for server in (ours, other):
                put_load(server, f"/report?date={DAY}", clients, 1)
            for run in range(runs):
                say(f"run {run + 1} of {runs}")
                rows.append(put_load(ours, f"/report?date={DAY}", clients, seconds))
                theirs.append(put_load(other, f"/report?date={DAY}", clients, seconds))
                summaries.append(put_load(ours, f"/report/summary?date={DAY}", clients, seconds))
    return _quantities(rows, theirs, summaries, clients)


def _quantities(
    rows: list[Load], theirs: list[Load], summaries: list[Load], clients: int
) -> list[Quantity]:
    day = Quantity(
        name="rows",
        title=f"GET /report, {ROWS:,} rows, {clients} clients",
        unit="requests/s",
        figures=[_rates("horarium", rows), _rates(ALTERNATIVE, theirs)],
    )
    day.verdicts = [Ratio(ALTERNATIVE, 5).judge(day)]
    summary = Quantity(
        name="summary",
        title=f"GET /report/summary, {clients} clients",
        unit="requests/s",
        figures=[_rates("horarium", summaries)],
    )
    rate = summary.median("horarium") or 0.0
    summary.verdicts = [Verdict("horarium ≥ 2000 requests/s", f"{rate:,.0f}", rate >= 2000)]
    latency = Quantity(
        name="latency",
        title=f"GET /report/summary, 99 of 100 within, {clients} clients",
        unit="ms",
        figures=[Figure(peer="horarium", values=[each.p99 for each in summaries])],
        more_is_better=False,
        digits=1,
    )
    latency.verdicts = [judge_limit(latency, "horarium", 50)]
    return [day, summary, latency]


def _rates(peer: str, loads: list[Load]) -> Figure:
    cpu = sorted(each.cpu for each in loads)[len(loads) // 2]
    notes = {"server CPU": f"{cpu:,.0f} µs a request"}
    return Figure(peer=peer, values=[each.rate for each in loads], notes=notes)


if __name__ == "__main__":
    sys.exit(main())
