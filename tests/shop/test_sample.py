"""The month inside the package is the month of the source, and imports as the README says."""

import gzip
import hashlib
import lzma
import os
import signal
import subprocess
import sys
from pathlib import Path

import horarium
from horarium.database import Connection
from horarium.shop import import_orders, sample

HASH = "7b0a758b413c3564a923635557691ecacdab94a78fb4f4be90706b8ec9645c32"


def test_the_sample_is_small_and_names_its_source() -> None:
    path = sample.path()
    assert path.stat().st_size < 700_000
    assert hashlib.sha256(lzma.decompress(path.read_bytes())).hexdigest() == HASH
    citation = (path.parent / "README.md").read_text()
    assert "CC BY 4.0" in citation
    assert "Daqing Chen" in citation
    assert "10.24432/C5BW33" in citation
    assert HASH in citation


def test_the_sample_is_december_2010_unaltered(shared_data: Path) -> None:
    with gzip.open(shared_data / "uci-online-retail" / "online_retail.csv.gz") as file:
        header, *lines = file.readlines(6_000_000)
    december = [line for line in lines if b",2010-12-" in line]
    assert lzma.decompress(sample.path().read_bytes()) == b"".join([header, *december])


IMPORT = """
import asyncio, sys, time
from pathlib import Path
from horarium.database import Database
from horarium.shop import import_orders, sample

async def main() -> None:
    connection = await Database(sys.argv[1]).connect("import")

    def tell(progress) -> None:
        if progress.stage == sys.argv[2]:
            print(progress.stage, flush=True)
            sys.stdin.read()  # until killed

    await import_orders(connection, sample.path(), progress=tell)

asyncio.run(main())
"""


def killed_import(database_url: str, stage: str) -> None:
    """Import the sample in another process, and kill it when it has come to the stage."""
    with subprocess.Popen(
        [sys.executable, "-c", IMPORT, database_url, stage],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(horarium.__file__).parents[1])},
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == stage
        process.send_signal(signal.SIGKILL)


async def test_a_killed_import_leaves_nothing_and_the_next_one_all(
    database_url: str, connection: Connection
) -> None:
    killed_import(database_url, "naming products")
    for table in ("shop.orders", "shop.order_items", "shop.products", "shop.users"):
        assert await connection.fetchval(f"select count(*) from {table}") == 0
    done = await import_orders(connection, sample.path())
    assert (done.lines, done.bad) == (42_481, 0)
    assert done.added.orders == done.orders == 2_025
    day = await connection.fetchrow(
        "select count(distinct order_id), count(*) as lines, sum(quantity * price) as value"
        " from shop.order_items join shop.orders o on o.id = order_id"
        " where (placed_at at time zone 'Europe/London')::date = '2010-12-01'"
    )
    assert (day["count"], day["lines"], str(day["value"])) == (143, 3108, "58635.56")
    again = await import_orders(connection, sample.path())
    assert again.unchanged.orders == 2_025
    assert (again.added.orders, again.changed.orders) == (0, 0)
