"""The rows as PostgreSQL gives them, and as a file of ours."""

import time
from pathlib import Path

import asyncpg

from horarium.database import Database
from horarium.exports import DEFAULT_STYLE, SESSION, Format, fill, select
from horarium.exports import written as writing

BARE = """
select report_at, order_id, count_product, total_amount, currency, created_at, by_hand
from shop.reports order by report_at, order_id
"""


async def bare(url: str) -> float:
    """Seconds of a plain COPY whose bytes are dropped."""
    connection = await asyncpg.connect(url)

    async def drop(_data: bytes) -> None:
        return

    began = time.perf_counter()
    await connection.copy_from_query(BARE, output=drop, format="csv", header=True)
    seconds = time.perf_counter() - began
    await connection.close()
    return seconds


async def written(url: str, place: Path, count: int) -> float:
    """Seconds of a CSV file, complete and on the disk."""
    database = Database(url)
    connection = await database.connect("bench", SESSION)
    selection = await select(connection)
    began = time.perf_counter()
    with writing(place.with_suffix(".part"), place) as file:
        done = await fill(connection, selection, Format.CSV, DEFAULT_STYLE, file)
    seconds = time.perf_counter() - began
    await connection.close()
    if done != count:
        raise RuntimeError(f"{done} rows were written, not {count}")
    return seconds
