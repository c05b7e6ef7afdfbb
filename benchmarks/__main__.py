"""The command: `python -m benchmarks`."""

import argparse
import asyncio
import os
import platform
import sys
from pathlib import Path

import msgspec

from benchmarks import measures, peers
from benchmarks.figures import Quantity
from benchmarks.servers import Servers
from benchmarks.session import Options, Session, describe, say
from benchmarks.table import render


def main() -> int:
    """Measure what the command line names; status 1 where a target is not met."""
    arguments = _arguments()
    options = Options(
        peers=arguments.peers,
        runs=arguments.runs,
        jobs=arguments.jobs,
        limit=arguments.limit,
        enqueued=arguments.enqueued,
        history=arguments.history,
        singles=arguments.singles,
        stamped_seconds=arguments.stamped_seconds,
        idle_seconds=arguments.idle_seconds,
        schedules=arguments.schedules,
    )
    try:
        quantities = asyncio.run(
            _measure(arguments.measures, options, Servers(arguments.redis_fsync), arguments.json)
        )
    except KeyboardInterrupt:
        return 130
    unmet = [verdict for each in quantities for verdict in each.verdicts if verdict.met is False]
    return 1 if unmet else 0


async def _measure(
    names: list[str], options: Options, servers: Servers, file: Path | None
) -> list[Quantity]:
    quantities: list[Quantity] = []
    try:
        servers.start()
        session = Session(options, servers, peers.kinds(options.history))
        facts = {**_machine(), **await servers.facts()}
        print("\n".join(f"{name}: {value}" for name, value in facts.items()), flush=True)
        try:
            for name in names:
                say(name)
                found = await _one(name, session)
                quantities += found
                print("", *map(render, found), sep="\n\n", flush=True)
        finally:
            await session.close()
    finally:
        servers.stop()
    if file is not None:
        _write(file, {"facts": facts, "options": options, "quantities": quantities})
    return quantities


async def _one(name: str, session: Session) -> list[Quantity]:
    try:
        return await measures.ALL[name](session)
    except Exception as error:  # noqa: BLE001 - the other measures run on
        say(f"{name} failed: {describe(error)}")
        return []


def _write(file: Path, found: dict[str, object]) -> None:
    file.write_bytes(msgspec.json.format(msgspec.json.encode(found)))


def _machine() -> dict[str, str]:
    load = ", ".join(f"{each:.2f}" for each in os.getloadavg())
    return {"python": platform.python_version(), "cores": str(os.cpu_count()), "load": load}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("benchmarks", description=sys.modules["benchmarks"].__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("measures", nargs="*", metavar="MEASURE", help=f"of: {', '.join(measures.ALL)} (all)")
    add("--runs", type=_count, default=3, help="of each peer; the median counts (3)")
    add("--jobs", type=_count, default=50_000, help="of a drain, a worker process (50000)")
    add("--peers", type=_peers, default=list(peers.ALL), help=f"of: {', '.join(peers.ALL)}")
    add("--json", type=Path, metavar="FILE", help="write all figures here as well")
    add("--limit", type=float, default=90, help="seconds of one drain at most (90)")
    add("--enqueued", type=_count, default=100_000, help="jobs of enqueue_many (100000)")
    add("--history", type=_count, default=1_000_000, help="finished jobs in history (1000000)")
    add("--singles", type=_count, default=2_000, help="jobs sent one at a time (2000)")
    add("--stamped-seconds", type=float, default=10, help="seconds of the latency measure (10)")
    add("--idle-seconds", type=float, default=60, help="seconds of the idle measure (60)")
    add("--schedules", type=_count, default=100_000, help="in the timetable (100000)")
    add("--redis-fsync", choices=("everysec", "always"), default="everysec",
        help="when Redis synchronises its file (everysec)")  # fmt: skip
    arguments = parser.parse_args()
    unknown = [name for name in arguments.measures if name not in measures.ALL]
    if unknown:
        parser.error(f"no such measure: {', '.join(unknown)}; of: {', '.join(measures.ALL)}")
    arguments.measures = arguments.measures or list(measures.ALL)
    return arguments


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("it takes a whole number from 1")
    return int(text)


def _peers(text: str) -> list[str]:
    names = text.split(",")
    unknown = [name for name in names if name not in peers.ALL]
    if unknown:
        known = ", ".join(peers.ALL)
        raise argparse.ArgumentTypeError(f"no such peer: {', '.join(unknown)}; of: {known}")
    return names


if __name__ == "__main__":
    sys.exit(main())
