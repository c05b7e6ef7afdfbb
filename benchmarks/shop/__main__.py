"""The command: `python -m benchmarks.shop`; status 1 where a target is not met."""

import argparse
import os
import sys

import uvloop

from benchmarks.figures import Figure, Quantity, Ratio, Verdict
from benchmarks.session import say
from benchmarks.shop import intake, placing, serving
from benchmarks.shop.place import opened
from benchmarks.table import render

DATABASE = "postgresql://postgres@127.0.0.1:5432/postgres"
RABBITMQ = "amqp://guest:guest@127.0.0.1:5672/"


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(
        "benchmarks.shop", description=sys.modules[__package__].__doc__
    )
    parser.add_argument("--runs", type=int, default=3, help="of each (3)")
    parser.add_argument("--orders", type=int, default=4000, help="a run (4000)")
    parser.add_argument("--clients", type=int, default=50, help="of POST /orders (50)")
    arguments = parser.parse_args()
    quantities = uvloop.run(_measure(arguments.runs, arguments.orders, arguments.clients))
    for quantity in quantities:
        print(render(quantity, "together"), "\n")
    met = [verdict.met for quantity in quantities for verdict in quantity.verdicts]
    return 0 if all(met) else 1


async def _measure(runs: int, orders: int, clients: int) -> list[Quantity]:
    placed: dict[str, list[float]] = {"together": [], "alone": []}
    served: dict[str, list[float]] = {"together": []}
    taken: dict[str, list[float]] = {"together": []}
    server = os.environ.get("DATABASE_URL", DATABASE)
    rabbitmq = os.environ.get("RABBITMQ_URL", RABBITMQ)
    for run in range(runs):
        say(f"run {run + 1} of {runs}")
        async with opened(server) as url:
            placed["together"].append(await placing.together(url, orders, clients))
            placed["alone"].append(await placing.alone(url, orders // 4, clients))
            served["together"].append(await serving.over_http(url, orders, clients))
            taken["together"].append(await intake.rate(url, rabbitmq, orders * 4))
    hot = _quantity("placed", f"Orders of one hot product, {clients} at once", placed)
    hot.verdicts = [Ratio("alone", 1.5).judge(hot, "together"), _at_least(hot, 800)]
    http = _quantity("http", f"POST /orders of one hot product, {clients} clients", served)
    http.verdicts = [_at_least(http, 800)]
    messages = _quantity("messages", "Orders in by RabbitMQ, one consumer, all committed", taken)
    messages.verdicts = [_at_least(messages, 3000)]
    return [hot, http, messages]


def _quantity(name: str, title: str, rates: dict[str, list[float]]) -> Quantity:
    figures = [Figure(peer=peer, values=values) for peer, values in rates.items()]
    return Quantity(name=name, title=title, unit="orders/s", figures=figures)


def _at_least(quantity: Quantity, least: float) -> Verdict:
    ours = quantity.median("together") or 0.0
    return Verdict(f"together ≥ {least:g} {quantity.unit}", f"{ours:,.0f}", ours >= least)


if __name__ == "__main__":
    sys.exit(main())
