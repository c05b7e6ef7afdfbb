"""Exports that were asked for, and how far they are: the account in `horarium.exports`.

Whoever asks again for the same rows in the same form, while nothing has been built anew, gets the
export that is there or on its way: asking is harmless, also by GET.
"""

import hashlib
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from uuid_utils.compat import uuid7

from horarium.database import Connection, Database, statement
from horarium.engine import State, job_standing
from horarium.errors import NotFound
from horarium.exports.format import CsvStyle, Format
from horarium.exports.selection import Selection


class ExportState(StrEnum):
    """Where an export stands."""

    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """An export that was asked for.

    Attributes:
        first, last: the days that its rows are of.
        progress: 0 to 1.
        rows_expected: as the built periods said when it was asked for.
        rows, size: how many rows the file has, and how many bytes.
    """

    id: str
    report: str
    format: Format
    style: CsvStyle
    first: date
    last: date
    state: ExportState
    progress: float
    rows_expected: int
    rows: int | None
    size: int | None
    job: str
    created_at: datetime
    ready_at: datetime | None
    expires_at: datetime | None
    error: str | None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What an export's job is to write."""

    id: str
    report: str
    format: Format
    style: CsvStyle
    first: date
    last: date


async def standing_request(
    database: Database, selection: Selection, format: Format, style: CsvStyle
) -> Export | None:
    """The export of the same rows in the same form that is ready or on its way."""
    async with database.connection() as connection:
        id = await connection.fetchval(_sql("same_export"), _key(selection, format, style))
    if id is None:
        return None
    found = await read_export(database, id)
    return found if found.state in _ALIVE else None


async def record(
    connection: Connection, selection: Selection, format: Format, style: CsvStyle, job: str
) -> str | None:
    """Note that an export is wanted, instead of a former one of the same rows; returns its id.

    None where somebody else noted it at the same time.
    """
    id: str | None = await connection.fetchval(
        _sql("record_export"),
        *(str(uuid7()), selection.report, format.value, msgspec.json.encode(style)),
        *(selection.first, selection.last, selection.rows, job),
        _key(selection, format, style),
    )
    return id


async def release(
    connection: Connection, selection: Selection, format: Format, style: CsvStyle
) -> None:
    """Let the next one who asks for these rows have another export."""
    await connection.execute(_sql("release_export"), _key(selection, format, style))


async def wanted(connection: Connection, id: str) -> Wanted:
    """What an export is to be.

    Raises:
        NotFound: nobody asked for it, or it was forgotten.
    """
    row = await connection.fetchrow(_sql("read_export"), id)
    if row is None:
        raise _unknown(id)
    return Wanted(**{name: _value(name, row[name]) for name in Wanted.__struct_fields__})


async def finished(connection: Connection, id: str, rows: int, size: int, keep: timedelta) -> None:
    """Note that the file of an export is there."""
    await connection.execute(_sql("finish_export"), id, rows, size, keep)


async def read_export(database: Database, id: str) -> Export:
    """An export, and how far it is.

    Raises:
        NotFound: there is none of this id, or it was forgotten.
    """
    async with database.connection() as connection:
        row = await connection.fetchrow(_sql("read_export"), id)
    if row is None:
        raise _unknown(id)
    values = {name: _value(name, value) for name, value in row.items() if name not in _ASIDE}
    return Export(**values, **await _state(database, row))


async def _state(database: Database, row: Any) -> dict[str, Any]:
    if row["ready_at"] is not None:
        if row["expired"] or not row["is_there"]:
            lost = None if row["expired"] else _LOST
            return {"state": ExportState.EXPIRED, "progress": 1.0, "error": lost}
        return {"state": ExportState.READY, "progress": 1.0, "error": None}
    job = await job_standing(database, row["job"])
    if job is None:
        reason = "its job is not in the ledger any more"
        return {"state": ExportState.FAILED, "progress": 0.0, "error": reason}
    told = job.progress.fraction if job.progress is not None else None
    error = job.error.message if job.error is not None else None
    return {"state": _STATES.get(job.state, ExportState.WAITING), "progress": told or 0.0,
            "error": error}  # fmt: skip


_STATES = {
    State.RUNNING: ExportState.RUNNING,
    State.SUCCEEDED: ExportState.RUNNING,  # its outcome is seen a moment before the file is noted
    State.FAILED: ExportState.FAILED,
    State.CANCELLED: ExportState.CANCELLED,
}
_ASIDE = ("expired", "is_there")
_LOST = "the database server crashed, and its file with it; ask for it again"
_ALIVE = (ExportState.WAITING, ExportState.RUNNING, ExportState.READY)


def _key(selection: Selection, format: Format, style: CsvStyle) -> str:
    parts = (selection.report, format, style, selection.first, selection.last, selection.version)
    return hashlib.blake2b(msgspec.json.encode(parts), digest_size=16).hexdigest()


def _value(name: str, value: Any) -> Any:
    if name == "style":
        return msgspec.json.decode(value, type=CsvStyle)
    return Format(value) if name == "format" else value


def _unknown(id: str) -> NotFound:
    return NotFound(f"there is no export {id[:100]!r}; it may have been forgotten")


def _sql(name: str) -> str:
    return statement(__package__, name)
