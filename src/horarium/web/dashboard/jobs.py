"""The pages `GET /jobs` and `GET /jobs/{id}` for browsers; programs get JSON there."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Response

from horarium.application import Horarium
from horarium.engine import Attempt, Job, JobReason, State
from horarium.web.api.job_filter import MOST_COUNTED
from horarium.web.dashboard.activity import lines, progress_of
from horarium.web.dashboard.asked import asked
from horarium.web.dashboard.asked_jobs import JobsAsked, address, which_jobs, words
from horarium.web.pages import html, wants_html
from horarium.web.wording import lasted, moment, number, shortened

ATTEMPTS = 30
"""How many of the newest are shown."""
MOST_SHOWN = 4000
"""Characters of arguments, a result or a traceback; programs get all."""

Asking = Request[Any, Any, Any]


class AttemptLine(msgspec.Struct, frozen=True, kw_only=True):
    """A run of the job."""

    number: int
    outcome: str
    started: str
    took: str
    worker: str
    error: str
    traceback: str


async def jobs_page(request: Asking) -> Response[Any] | None:
    """The list as a page, where a browser asks."""
    if not wants_html(request):
        return None
    app: Horarium = request.app.state.horarium
    asking = asked(request, JobsAsked)
    which = which_jobs(app, asking)
    found = await app.ledger.jobs(which, page=asking.page, count=asking.count)
    counts = await app.ledger.counts(which, most=MOST_COUNTED)
    total = sum(counts.values())
    zone, now = await app.zone(), await _now(app)
    return html(
        request,
        "jobs.html",
        asked=asking,
        given=words(asking),
        retries=_retries(asking, counts),
        states=list(State),
        lines=lines(found, zone, now),
        total=number(total) + ("+" if max(counts.values(), default=0) >= MOST_COUNTED else ""),
        more=total > asking.page * asking.count,
        zone=zone,
    )


async def job_page(request: Asking) -> Response[Any] | None:
    """One job as a page, where a browser asks."""
    if not wants_html(request):
        return None
    app: Horarium = request.app.state.horarium
    job = await app.ledger.show(request.path_params["job_id"])
    explanation = await app.ledger.explain(job.id)
    attempts = await app.ledger.attempts(job.id)
    zone = await app.zone()
    return html(
        request,
        "job.html",
        job=job,
        times=_times(job, zone),
        took=lasted(job.took),
        progress=progress_of(job),
        findings=explanation.findings,
        stops=any(each.reason is JobReason.CANCELLING for each in explanation.findings),
        arguments=_shown(job.arguments),
        labels=_shown(job.labels),
        result=_shown(job.result) if job.state is State.SUCCEEDED else "",
        attempts=[_attempt(each, zone) for each in reversed(attempts[-ATTEMPTS:])],
        attempt_total=len(attempts),
        attempt_count=number(len(attempts)),
        priority=number(job.priority),
        zone=zone,
    )


def _retries(asking: JobsAsked, counts: dict[State, int]) -> str:
    """Where those that failed can be run again, if there are any; of those cancelled likewise."""
    state = asking.state or State.FAILED
    some = counts.get(state) or sum(counts.values()) >= MOST_COUNTED
    if state not in (State.FAILED, State.CANCELLED) or not some:
        return ""
    return address("/dashboard/retries", words(asking))


async def _now(app: Horarium) -> datetime:
    async with app.database.connection() as connection:
        return await app.book.now(connection)


def _times(job: Job, zone: str) -> list[tuple[str, datetime, str]]:
    """What happened when: a name, the instant, and how the zone's clock shows it."""
    named = (
        ("Enqueued", job.enqueued_at),
        ("Due time of its schedule", job.fired_for),
        ("Due", job.due_at),
        ("Started", job.started_at),
        ("Finished", job.finished_at),
    )
    return [(name, at, moment(at, zone)) for name, at in named if at is not None]


def _shown(raw: msgspec.Raw | None) -> str:
    """JSON as people read it, its beginning where it is long."""
    if raw is None:
        return ""
    return _cut(msgspec.json.format(bytes(raw), indent=2).decode())


def _cut(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 1] + "…"


def _attempt(attempt: Attempt, zone: str) -> AttemptLine:
    error = attempt.error
    return AttemptLine(
        number=attempt.attempt,
        outcome=attempt.outcome or "running",
        started="" if attempt.started_at is None else moment(attempt.started_at, zone),
        took=_took(attempt.started_at, attempt.ended_at),
        worker="" if attempt.worker is None else str(attempt.worker),
        error="" if error is None else shortened(f"{error.type}: {error.message}", 300),
        traceback="" if error is None or error.traceback is None else _end(error.traceback),
    )


def _end(traceback: str) -> str:
    """A traceback, its end where it is long: there it says what was wrong."""
    return traceback if len(traceback) <= MOST_SHOWN else "…" + traceback[1 - MOST_SHOWN :]


def _took(started: datetime | None, ended: datetime | None) -> str:
    return "" if started is None or ended is None else lasted((ended - started).total_seconds())
