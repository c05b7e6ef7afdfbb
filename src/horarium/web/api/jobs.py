"""Jobs over HTTP: what the ledger knows of them, running them again, cancelling them."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from litestar import Response, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, QueryParameter, SkipValidation

from horarium.application import Horarium
from horarium.engine import Attempt, Error, Explanation, Filter, State, Statistics, wanted_arguments
from horarium.engine import Job as LedgerJob
from horarium.shop import Page
from horarium.web.api.cancellation import cancelled
from horarium.web.api.job_filter import MOST_COUNTED, job_filter
from horarium.web.api.parameters import App, Identity, PageNumber, PageSize, refuses
from horarium.web.dashboard.jobs import job_page, jobs_page

NamedFilter = NamedDependency[SkipValidation[Filter]]
FILTERED = {"which": Provide(job_filter, sync_to_thread=False)}
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """What the newest attempt of a job has told: a `fraction` from 0 to 1, words for people, data
    of the task's own (`meta`), and how often it has told (`number`).
    """

    fraction: float | None
    note: str | None
    state: str | None
    meta: Any
    number: int
    updated_at: datetime | None


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job: one enqueued call of a task, and where it stands. `took` is in seconds; `progress` is
    null where the newest attempt has told none, and stays when the job has ended.
    """

    id: str
    task: str
    queue: str
    priority: int
    state: State
    due_at: datetime
    enqueued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    took: float | None
    attempt: int
    worker: int | None
    owner: str | None
    schedule: str | None
    fired_for: datetime | None
    arguments: Any
    labels: Any
    result: Any
    error: Error | None
    batch: str | None
    progress: Progress | None


class Jobs(Page[Job], frozen=True):
    """A page of jobs. `total` counts no more than 100,000 unfinished and 100,000 ended ones."""


class Attempts(msgspec.Struct, frozen=True):
    """The runs of a job, oldest first, those before it was run again too."""

    items: list[Attempt]
    total: int


class Retries(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which of the jobs that have ended are to be run again; a filter that is empty: all failed."""

    state: Annotated[
        State | None, msgspec.Meta(description="failed, cancelled, succeeded; null: any of them")
    ] = State.FAILED
    task: str | None = None
    without: Annotated[tuple[str, ...], msgspec.Meta(description="Of any task but these")] = ()
    queue: str | None = None
    schedule: str | None = None
    owner: str | None = None
    batch: str | None = None
    since: Instant | None = None
    until: Instant | None = None
    arguments: Annotated[
        dict[str, Any],
        msgspec.Meta(description="Called with these", examples=[{"order_id": 42}]),
    ] = {}
    dry_run: bool = False


class Retried(msgspec.Struct, frozen=True):
    """How many jobs were queued again or, in a dry run, would be."""

    count: int
    dry_run: bool


@get(
    "/jobs",
    tags=["Jobs"],
    summary="List jobs",
    dependencies=FILTERED,
    responses=refuses(),
    before_request=jobs_page,
    opt={"page": True, "strict": True},
)
async def list_jobs(
    app: App, which: NamedFilter, page: PageNumber = 1, count: PageSize = 10
) -> Jobs:
    """Jobs that a filter finds, one page at a time: unfinished ones by their due time, then those
    that ended, each newest first. To go through a long history, narrow `since` and `until`.
    Browsers (`Accept: text/html`) get them as a page.
    """
    return await page_of_jobs(app, which, page, count)


class Span(StrEnum):
    """How far back figures reach."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


SPANS = {
    Span.HOUR: timedelta(hours=1),
    Span.DAY: timedelta(days=1),
    Span.WEEK: timedelta(weeks=1),
}


@get("/jobs/stats", tags=["Jobs"], summary="Figures of jobs", responses=refuses())
async def read_job_statistics(
    app: App,
    span: Annotated[Span, QueryParameter(description="How far back ended jobs count.")] = Span.HOUR,
) -> Statistics:
    """How many jobs are in each state, in all and per task, and how long those took that ended
    within the last hour, day or week: the 50th, 95th and 99th percentile, in seconds.
    """
    return await app.ledger.statistics(SPANS[span])


@get(
    "/jobs/{job_id:str}",
    tags=["Jobs"],
    summary="Read a job",
    responses=refuses(404),
    before_request=job_page,
    opt={"page": True, "strict": True},
)
async def read_job(app: App, job_id: Identity) -> Job:
    """One job of the ledger, unfinished or from its history. The id is TaskIQ's `task_id`. Browsers
    get a page, with what holds it back, its attempts and their tracebacks.
    """
    return shown_job(await app.ledger.show(job_id))


@get(
    "/jobs/{job_id:str}/attempts",
    tags=["Jobs"],
    summary="Attempts of a job",
    responses=refuses(404),
)
async def list_attempts(app: App, job_id: Identity) -> Attempts:
    """Every run of a job with its outcome, its error and its traceback; the last is its newest.
    An outcome of null: it is running.
    """
    found = await app.ledger.attempts(job_id)
    return Attempts(found, len(found))


@get(
    "/jobs/{job_id:str}/explanation",
    tags=["Jobs"],
    summary="Why a job has not run",
    responses=refuses(404),
)
async def explain_job(app: App, job_id: Identity) -> Explanation:
    """What holds a job back, in the order in which it has to be cleared away, and what would change
    it: its time, a paused queue, no worker, jobs that go first; or what became of it.
    """
    return await app.ledger.explain(job_id)


@post(
    "/jobs/{job_id:str}/retries",
    tags=["Jobs"],
    summary="Run a job again",
    status_code=202,
    responses=refuses(404, 409),
)
async def retry_job(app: App, job_id: Identity) -> Job:
    """Queue a job that has ended once more, under its id, with a new count of attempts. The run
    that ended it stays among its attempts. One that has not ended is refused with 409.
    """
    return shown_job(await app.ledger.run_again(job_id))


@post(
    "/jobs/retries",
    tags=["Jobs"],
    summary="Run many jobs again",
    status_code=202,
    responses=refuses(409, body=True),
)
async def retry_jobs(app: App, data: JSONBody[Retries]) -> Retried:
    """Queue all ended jobs that a filter finds once more, the oldest first; those that failed,
    unless `state` says otherwise. With `dry_run` they are only counted.
    """
    values = msgspec.structs.asdict(data)
    dry_run = values.pop("dry_run")
    values["arguments"] = wanted_arguments(app.broker, data.task, data.arguments)
    return Retried(await app.ledger.run_again_many(Filter(**values), dry_run=dry_run), dry_run)


@delete(
    "/jobs/{job_id:str}",
    tags=["Jobs"],
    summary="Cancel a job",
    status_code=200,
    responses={
        202: ResponseSpec(Job, generate_examples=False, description="It runs: asked to stop"),
        **refuses(404, 409),
    },
)
async def cancel_job(
    app: App,
    job_id: Identity,
    reason: Annotated[
        str, QueryParameter(description="Why; it is kept with the job.", max_length=1000)
    ] = "cancelled through the API",
) -> Response[Job]:
    """End a job that has not begun: 200. A running one is asked to stop: 202, and it may still
    succeed. One that has ended is refused with 409.
    """
    became, job = await cancelled(app, job_id, reason)
    return Response(shown_job(job), status_code=202 if became is State.RUNNING else 200)


async def page_of_jobs(app: Horarium, which: Filter, page: int, count: int) -> Jobs:
    """A page of the jobs that a filter finds."""
    found = await app.ledger.jobs(which, page=page, count=count)
    counts = await app.ledger.counts(which, most=MOST_COUNTED)
    return Jobs([shown_job(job) for job in found], sum(counts.values()), page, count)


def shown_job(job: LedgerJob) -> Job:
    """A job as the API shows it."""
    values = msgspec.structs.asdict(job)
    if job.progress is not None:
        values["progress"] = Progress(**msgspec.structs.asdict(job.progress))
    return Job(took=job.took, **values)


ROUTES = [
    list_jobs, read_job_statistics, read_job, list_attempts, explain_job, retry_job, retry_jobs,
    cancel_job,
]  # fmt: skip
