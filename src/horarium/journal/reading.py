"""Reading the journal: which days were written, a day's index, a job's file."""

import os
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from horarium.database import Connection, statement
from horarium.errors import HorariumError, NotFound
from horarium.journal.entry import DayLine, Entry, read_day, read_entry
from horarium.journal.folder import place
from horarium.journal.names import INDEX, NOBODY, is_file_name


class JournalUnreadable(HorariumError):
    """A file of the journal is there, and cannot be read."""


class OwnersDay(msgspec.Struct, frozen=True):
    """A day of an owner: its span, and how many jobs ended in it. `final`: it was over when it was
    written.
    """

    owner: str | None
    day: date
    zone: str
    starts_at: datetime
    ends_at: datetime
    jobs: int
    final: bool
    written_at: datetime


class Day(msgspec.Struct, frozen=True):
    """A day: of how many owners it was written, and how many jobs ended in it."""

    day: date
    owners: int
    jobs: int
    final: bool


class Index(msgspec.Struct, frozen=True):
    """A page of a day's index."""

    header: DayLine
    entries: list[Entry]


def owner_of(name: str) -> str:
    """The owner that a name stands for: ``~nobody`` for jobs that have none."""
    return "" if name == NOBODY else name


async def days(
    connection: Connection, owner: str | None = None, *, page: int = 1, count: int = 31
) -> list[Day]:
    """The days that were written, newest first; of one owner, if one is named."""
    rows = await connection.fetch(
        statement(__package__, "days_of"), owner, count, (page - 1) * count
    )
    return [Day(**row) for row in rows]


async def owners_of(
    connection: Connection, day: date, owner: str | None = None, *, page: int = 1, count: int = 100
) -> tuple[list[OwnersDay], int]:
    """What was written of a day, by owner, and of how many in all.

    Raises:
        NotFound: nothing was.
    """
    rows = await connection.fetch(
        statement(__package__, "list_days"), day, owner, count, (page - 1) * count
    )
    total = rows[0]["total"]
    if not total:
        whose = "" if owner is None else f" of {owner[:100] or 'nobody'}"
        raise NotFound(
            f"the journal{whose} of {day} has not been written; it is when the day is over, and by "
            f"hand: horarium journal write --date {day}"
        )
    return [_owners_day(row) for row in rows if row["owner"] is not None], total


def _owners_day(row: Mapping[str, Any]) -> OwnersDay:
    values = {name: row[name] for name in OwnersDay.__struct_fields__}
    return OwnersDay(**{**values, "owner": row["owner"] or None})


def read_index(root: Path, day: date, owner: str, *, page: int = 1, count: int = 100) -> Index:
    """A page of the index of a day and an owner. It blocks.

    Raises:
        NotFound: it is not there.
        JournalUnreadable: it is, and cannot be read.
    """
    with open_file(root, day, owner, INDEX) as file:
        try:
            header = read_day(file.readline())
            wanted = islice(file, (page - 1) * count, page * count)
            return Index(header, [read_entry(line) for line in wanted])
        except msgspec.MsgspecError as error:
            raise JournalUnreadable(
                f"the index of {owner[:100] or 'nobody'} for {day} cannot be read: {error}; "
                f"horarium journal write --date {day} --redo writes it anew"
            ) from None


def open_file(root: Path, day: date, owner: str, name: str) -> BinaryIO:
    """A file of a day and an owner, opened. It blocks.

    Only names that the journal itself gives are opened, and no links are followed: nothing outside
    of the folder is reached.

    Raises:
        NotFound: it is not there.
        JournalUnreadable: it is, and cannot be read.
    """
    missing = NotFound(
        f"the journal of {owner[:100] or 'nobody'} for {day} has no file {name[:255]!r}"
    )
    if not is_file_name(name):
        raise missing
    path = place(root, day, owner) / name
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        raise missing from None
    except OSError as error:
        raise JournalUnreadable(
            f"the journal of {owner[:100] or 'nobody'} for {day} cannot be read: {error.strerror}"
        ) from None
    return os.fdopen(descriptor, "rb")


def chunks(file: BinaryIO, size: int = 2**16) -> Iterator[bytes]:
    """The content of a file, a piece at a time; it is closed at the end."""
    with file:
        while content := file.read(size):
            yield content
