"""What the journal says of a job, and of a day: the lines of its files. Pure.

A job's file has a line for the job, and one for each of its runs, oldest first. A day's index has a
line for the day, and one for each job, in the order of their ids.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from horarium.journal.names import file_name
from horarium.journal.span import Span


class Line(msgspec.Struct, frozen=True, kw_only=True, tag_field="line"):
    """A line of a file; ``line`` says of which kind."""


class JobLine(Line, frozen=True, kw_only=True, tag="job"):
    """A job that has ended. `took` is in seconds, of the run that ended it."""

    id: str
    task: str
    owner: str | None
    state: str
    queue: str
    schedule: str | None
    due_for: datetime | None
    batch: str | None
    arguments: Any
    result: Any
    error: Any
    attempts: int
    enqueued_at: datetime
    due_at: datetime
    started_at: datetime | None
    updated_at: datetime
    took: float | None


class RunLine(Line, frozen=True, kw_only=True, tag="attempt"):
    """A run of a job: its outcome is a word of the glossary."""

    attempt: int
    outcome: str
    worker: int | None
    started_at: datetime | None
    ended_at: datetime
    error: Any = None


class DayLine(Line, frozen=True, kw_only=True, tag="day"):
    """A day of an owner. `final`: it was over when it was written. `jobs`: the lines below."""

    owner: str | None
    day: date
    zone: str
    starts_at: datetime
    ends_at: datetime
    final: bool
    jobs: int
    succeeded: int
    failed: int
    cancelled: int
    note: str


class Entry(Line, frozen=True, kw_only=True, tag="entry"):
    """A job in the index of a day, and the file that tells all of it."""

    id: str
    task: str
    state: str
    attempts: int
    updated_at: datetime
    file: str


def entry_of(row: Mapping[str, Any]) -> Entry:
    """The index's line of an ended job."""
    return Entry(
        id=row["id"],
        task=row["task"],
        state=row["state"],
        attempts=row["attempt"],
        updated_at=row["finished_at"],
        file=file_name(row["id"], row["task"], row["finished_at"]),
    )


def job_lines(
    row: Mapping[str, Any], arguments: msgspec.Raw | None, result: msgspec.Raw | None
) -> bytes:
    """The file of an ended job.

    Args:
        row: of the view `ended_jobs`.
        arguments, result: as they are to be shown.
    """
    error = None if row["error"] is None else msgspec.Raw(row["error"])
    started_at, ended_at = row["started_at"], row["finished_at"]
    job = JobLine(
        id=row["id"],
        task=row["task"],
        owner=row["owner"],
        state=row["state"],
        queue=row["queue"],
        schedule=row["schedule"],
        due_for=row["fired_for"],
        batch=row["batch"],
        arguments=arguments,
        result=result,
        error=error,
        attempts=row["attempt"],
        enqueued_at=row["enqueued_at"],
        due_at=row["due_at"],
        started_at=started_at,
        updated_at=ended_at,
        took=None if started_at is None else (ended_at - started_at).total_seconds(),
    )
    runs = _runs(row["attempts"])
    if started_at is not None:
        runs.append(
            RunLine(
                attempt=row["attempt"],
                outcome=row["state"],
                worker=row["worker"],
                started_at=started_at,
                ended_at=ended_at,
                error=error,
            )
        )
    return lines([job, *runs])


def day_line(owner: str, span: Span, *, final: bool, states: Mapping[str, int]) -> DayLine:
    """The first line of an index.

    Args:
        states: how many jobs ended so.
    """
    jobs = sum(states.values())
    so_far = "" if final else " so far"
    note = f"{jobs} {'job was' if jobs == 1 else 'jobs were'} finished{so_far}"
    return DayLine(
        owner=owner or None,
        day=span.day,
        zone=span.zone,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        final=final,
        jobs=jobs,
        succeeded=states.get("succeeded", 0),
        failed=states.get("failed", 0),
        cancelled=states.get("cancelled", 0),
        note=note if jobs else f"no job was finished{so_far}",
    )


def lines(values: Sequence[Line]) -> bytes:
    """Values as JSON, one on each line."""
    return _encoder.encode_lines(values)


def read_day(line: bytes) -> DayLine:
    """The first line of an index.

    Raises:
        msgspec.MsgspecError: it is none.
    """
    return _day.decode(line)


def read_entry(line: bytes) -> Entry:
    """A further line of an index.

    Raises:
        msgspec.MsgspecError: it is none.
    """
    return _entry.decode(line)


def _runs(kept: bytes | None) -> list[Line]:
    found = [] if kept is None else msgspec.json.decode(kept, type=list[RunLine])
    return [
        msgspec.structs.replace(
            each,
            started_at=each.started_at and each.started_at.astimezone(UTC),
            ended_at=each.ended_at.astimezone(UTC),
        )
        for each in found
    ]


_encoder = msgspec.json.Encoder()
_day = msgspec.json.Decoder(DayLine)
_entry = msgspec.json.Decoder(Entry)
