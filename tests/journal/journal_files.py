"""Turns of the journal, days by hand, and what is in the files then."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec

from horarium.application import Horarium
from horarium.journal.whereabouts import MARK

DAY = date(2026, 11, 10)
AFTER = datetime(2026, 11, 11, 0, 2, tzinfo=UTC)
FILE = "a_shop%3Asend_receipt_20261110T100000.000000Z.jsonl"


async def turn(app: Horarium, now: datetime = AFTER) -> tuple[int, int]:
    assert app.journal is not None
    written = await app.journal.turn(now)
    return written.days, written.jobs


def header(folder: Path, day: str = "2026-11-10", owner: str = "ada") -> dict[str, Any]:
    return read(folder / day / owner / "index.jsonl")[0]


async def by_hand(app: Horarium, day: date = DAY, owner: str | None = None, **how: Any) -> Any:
    assert app.journal is not None
    return await app.journal.write(day, owner, **how)


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder but its mark, by its path from there."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MARK
    }


def read(path: Path) -> list[dict[str, Any]]:
    """The values of a file, one on each line."""
    return [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]


async def both(*acts: Awaitable[Any]) -> None:
    """Do several things at once."""
    await asyncio.gather(*acts)


async def forget(app: Horarium, id: str) -> None:
    async with app.database.connection() as connection:
        await connection.execute("delete from horarium.job_history where id = $1", id)
