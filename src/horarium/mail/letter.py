"""What a mail on failures says. Pure."""

from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

import msgspec

MOST_SHOWN = 10
"""Jobs that one mail names."""


class FailedJob(msgspec.Struct, frozen=True):
    """A job that failed for good, as the ledger has it."""

    id: str
    attempt: int
    finished_at: datetime
    error: str


def letter(
    task: str, count: int, newest: Sequence[FailedJob], *, sender: str, readers: Sequence[str]
) -> EmailMessage:
    """The mail that tells of a task's failures.

    Args:
        count: how many jobs failed.
        newest: the newest of them, at most `MOST_SHOWN`.
    """
    jobs = "1 job" if count == 1 else f"{count:,} jobs"
    message = EmailMessage()
    message["Subject"] = _line(f"[horarium] {task}: {jobs} failed", 200)
    message["From"] = sender
    message["To"] = ", ".join(readers)
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain="horarium.invalid")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_body(task, jobs, count, newest))
    return message


def _body(task: str, jobs: str, count: int, newest: Sequence[FailedJob]) -> str:
    lines = [f"{jobs} of the task {_line(task)} failed for good.", ""]
    for job in newest:
        tries = "1 attempt" if job.attempt == 1 else f"{job.attempt} attempts"
        lines += [
            f"{job.finished_at:%Y-%m-%d %H:%M:%S} UTC  {_line(job.id)}  ({tries})",
            f"    {_line(job.error)}",
        ]
    if count > len(newest):
        lines.append(f"and {count - len(newest):,} before these")
    lines += [
        "",
        "The ledger has their tracebacks: horarium job show ID",
        f"Once the cause is mended: horarium job retry --task '{_line(task)}' --since 1d",
        "",
    ]
    return "\n".join(lines)


def _line(text: str, most: int = 300) -> str:
    """One line without control characters: names and errors are users' and may hold anything."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= most else line[: most - 1] + "…"
