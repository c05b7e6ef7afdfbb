"""Files of exports in the database: each byte is found, attempts take turns, what expired goes."""

import asyncio
import io
import os
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import date, timedelta
from pathlib import Path

import pytest
from exported import DAY, fill_database

from horarium.database import Connection, Database
from horarium.errors import NotFound
from horarium.exports import CsvStyle, Format, Shelf, pieces, requests, select
from horarium.exports.tidying import Tidying

WEEK = timedelta(days=7)


async def wanted(connection: Connection, day: date = DAY, format: Format = Format.CSV) -> str:
    selection = await select(connection, first=day, last=day)
    id = await requests.record(connection, selection, format, CsvStyle(), "a job")
    assert id is not None
    return id


async def keep(connection: Connection, id: str, content: bytes) -> None:
    async with connection.transaction():
        size = await pieces.store(connection, id, io.BytesIO(content))
        await requests.finished(connection, id, 1, size, WEEK)


async def read(database: Database, id: str, first: int, end: int) -> bytes:
    return b"".join([piece async for piece in pieces.stored(database, id, first, end)])


@pytest.fixture
async def clients(database_url: str) -> AsyncIterator[list[Connection]]:
    """Connections that write, to a filled database of the test's own."""
    await fill_database(database_url)
    async with AsyncExitStack() as stack:
        opened = [await Database(database_url).connect("test") for _ in range(4)]
        for each in opened:
            stack.push_async_callback(each.close)
        yield opened


@pytest.fixture
def connection(clients: list[Connection]) -> Connection:
    return clients[0]


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


async def test_any_part_of_a_file_is_found(
    connection: Connection, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "PIECE", 16)
    id = await wanted(connection)
    chance = random.Random(1)
    for size in (0, 1, 15, 16, 17, 32, 100):
        content = chance.randbytes(size)
        await keep(connection, id, content)
        found = await requests.read_export(database, id)
        assert (found.state, found.size) == (requests.ExportState.READY, size)
        for _ in range(20):
            first = chance.randint(0, size)
            end = chance.randint(first, size)
            assert await read(database, id, first, end) == content[first:end]


async def test_a_file_that_is_not_kept_whole_is_not_ready(
    connection: Connection, database: Database
) -> None:
    id = await wanted(connection)
    with pytest.raises(ZeroDivisionError):
        async with connection.transaction():
            await pieces.store(connection, id, io.BytesIO(b"half"))
            raise ZeroDivisionError
    assert await connection.fetchval("select count(*) from horarium.export_pieces") == 0
    with pytest.raises(NotFound, match="expired while it was sent"):
        await read(database, id, 0, 4)


async def test_two_attempts_leave_one_file(
    clients: list[Connection], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "PIECE", 3)
    id = await wanted(clients[0])
    texts = [f"the file of attempt {number}".encode() for number in range(len(clients))]
    await asyncio.gather(
        *(keep(client, id, text) for client, text in zip(clients, texts, strict=True))
    )
    found = await requests.read_export(database, id)
    assert await read(database, id, 0, found.size or 0) in texts


async def test_what_expired_goes_and_what_nobody_finished(
    connection: Connection, database: Database, tmp_path: Path
) -> None:
    expired, kept = await wanted(connection), await wanted(connection, format=Format.JSONL)
    for id in (expired, kept):
        await keep(connection, id, b"rows")
    await connection.execute(
        "update horarium.exports set expires_at = now() - interval '1 hour' where id = $1", expired
    )
    with Shelf(tmp_path).writing(kept) as file:
        file.write(b"x")
        left = tmp_path / f".{expired}.abcd.part"
        left.write_bytes(b"left by a worker that died")
        folder = tmp_path / ".horarium-abcd"
        folder.mkdir()
        (folder / "sheet").write_bytes(b"rows of a workbook")
        for each in (left, folder):
            os.utime(each, (time.time() - 90_000,) * 2)
        assert await Tidying(database, tmp_path).tidy() == 1
        assert not left.exists()
        assert not folder.exists()
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []
    there = await connection.fetch("select distinct export from horarium.export_pieces")
    assert [row["export"] for row in there] == [kept]
    assert await Tidying(database, tmp_path).tidy() == 0
    assert await wanted(connection) != expired
