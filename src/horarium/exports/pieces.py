"""The files of exports, in the database: whole with the note that they are ready, or not at all.

A web process may be on another machine than the worker that wrote the file, and often has no disk
in common with it; the database they have. A file is kept in pieces of one size, so that any byte of
it is found without reading those before it. A piece is read on a connection that is given back
before it is sent: a slow client holds none.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import BinaryIO

from horarium.database import Connection, Database, statement
from horarium.errors import NotFound

PIECE = 1 << 20
"""Bytes of each piece but the last."""


async def store(connection: Connection, id: str, file: BinaryIO) -> int:
    """Keep a file from its beginning, in the connection's transaction; returns its bytes."""
    await connection.execute(statement(__package__, "lock_export"), id)
    await connection.execute(statement(__package__, "drop_pieces"), id)
    file.seek(0)
    size = number = 0
    while piece := await asyncio.to_thread(file.read, PIECE):
        await connection.execute(statement(__package__, "add_piece"), id, number, piece)
        size += len(piece)
        number += 1
    return size


async def stored(database: Database, id: str, first: int, end: int) -> AsyncIterator[bytes]:
    """The bytes of a file from `first` to before `end`.

    Raises:
        NotFound: it has expired meanwhile.
    """
    for number in range(first // PIECE, -(-end // PIECE)):
        async with database.connection() as connection:
            piece = await connection.fetchval(statement(__package__, "read_piece"), id, number)
        if piece is None:
            raise NotFound(f"the file of the export {id} has expired while it was sent")
        offset = number * PIECE
        yield piece[max(0, first - offset) : end - offset]
