"""Where the journal was written, and whether that is where it is looked for.

The journal is files, and on several machines workers and web have to share their folder. A folder
is known by a mark in it, an id of its own, whatever path each machine reaches it by; with each day
the mark is noted, and the machine. So a day that is not here is said to be elsewhere, and where,
and a web process that looks into another folder than the workers write to says so when it starts.
"""

import asyncio
import os
import socket
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import NamedTuple

from uuid_utils.compat import uuid7

from horarium.database import Connection, statement
from horarium.journal.files import Temporary

MARK = ".folder"


class Whereabouts(NamedTuple):
    """A folder by its mark, and the machine that wrote to it."""

    folder: str
    host: str


def whereabouts(folder: Path) -> Whereabouts:
    """Where this process writes; the folder is marked if it is not yet. It blocks.

    Raises:
        OSError: it cannot be marked.
    """
    found = mark_of(folder)
    if found is None:
        with Temporary(folder) as temporary:
            with temporary.open() as file:
                file.write(str(uuid7()).encode())
            # Where another process was faster, its mark counts.
            with suppress(FileExistsError):
                os.link(temporary.path, folder / MARK)
        found = mark_of(folder)
    return Whereabouts(found or "", socket.gethostname())


def mark_of(folder: Path) -> str | None:
    """The mark of a folder; None where it has none. It blocks.

    Raises:
        OSError: it cannot be read.
    """
    try:
        return (folder / MARK).read_text("utf-8").strip() or None
    except (FileNotFoundError, NotADirectoryError):
        return None


async def elsewhere(
    connection: Connection, folder: Path, day: date | None = None, owner: str | None = None
) -> str | None:
    """That the journal, or a day of an owner, was written last into another folder, or that this
    one may not be read here; None: neither, or nobody knows.
    """
    row = await connection.fetchrow(statement(__package__, "last_written"), day, owner)
    if row is None:
        return None
    try:
        if row["folder"] == await asyncio.to_thread(mark_of, folder):
            return None
    except OSError as error:
        return (
            f"the folder {folder} cannot be read: {error.strerror}; it is for the account alone "
            "that the worker runs under"
        )
    what = "the journal" if day is None else f"the journal of {(owner or 'nobody')[:100]} for {day}"
    return (
        f"{what} was written on {row['host']}, into another folder than {folder} here; give "
        "workers and web one that they share: HORARIUM_JOURNAL_FOLDER"
    )
