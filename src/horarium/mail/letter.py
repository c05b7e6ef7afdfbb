"""What mails on failures and on alerts say. Pure."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
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


class Alert(msgspec.Struct, frozen=True):
    """An alert on a report's period, as it was raised. `state` is `at risk`, `late` or `ready`."""

    number: int
    report: str
    day: date
    deadline: datetime
    state: str
    reason: str
    raised_at: datetime


def letter(
    task: str, count: int, newest: Sequence[FailedJob], *, sender: str, readers: Sequence[str]
) -> EmailMessage:
    """The mail that tells of a task's failures.

    Args:
        count: how many jobs failed.
        newest: the newest of them, at most `MOST_SHOWN`.
    """
    jobs = "1 job" if count == 1 else f"{count:,} jobs"
    message = _message(f"{task}: {jobs} failed", sender, readers)
    message["Message-ID"] = make_msgid(domain="horarium.invalid")
    message.set_content(_body(task, jobs, count, newest))
    return message


def alert_letter(alerts: Sequence[Alert], *, sender: str, readers: Sequence[str]) -> EmailMessage:
    """The mail that tells of alerts, at least one. The same alerts give the same Message-ID."""
    newest = alerts[-1]
    more = f" and {len(alerts) - 1} more" if len(alerts) > 1 else ""
    subject = f"the report {newest.report} of {newest.day} is {newest.state}{more}"
    message = _message(subject, sender, readers)
    known = "-".join(f"{each.number}.{each.raised_at:%Y%m%d%H%M%S%f}" for each in alerts)
    digest = hashlib.blake2b(known.encode(), digest_size=16).hexdigest()
    message["Message-ID"] = f"<alert-{digest}@horarium.invalid>"
    message.set_content("\n".join([*map(_told, alerts), _ADVICE]))
    return message


def _told(alert: Alert) -> str:
    return (
        f"{_line(alert.report)} of {alert.day} is {alert.state}: {_line(alert.reason)}\n"
        f"    promised by {alert.deadline:%Y-%m-%d %H:%M} UTC, "
        f"told at {alert.raised_at:%Y-%m-%d %H:%M:%S} UTC\n"
    )


_ADVICE = """How all promises stand: horarium report promises
Why a job has not run: horarium job explain ID
"""


def _message(subject: str, sender: str, readers: Sequence[str]) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = _line(f"[horarium] {subject}", 200)
    message["From"] = sender
    message["To"] = ", ".join(readers)
    message["Date"] = formatdate()
    message["Auto-Submitted"] = "auto-generated"
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
