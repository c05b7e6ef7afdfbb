"""`horarium job`: what is in the ledger."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from cyclopts import App

from horarium.cli import job_orders
from horarium.cli.job_filter import JobFilter
from horarium.cli.options import Json, PageNumber, PageSize
from horarium.cli.output import cell, console, print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from horarium.application import Horarium
    from horarium.engine import Attempt, Error, Job, Mark

app = App(name="job", help="Look at jobs, run them again, cancel them.")
job_orders.add(app)


@app.command(name="list")
def list_jobs(
    *,
    which: JobFilter | None = None,
    page: PageNumber = 1,
    count: PageSize = 20,
    json: Json = False,
) -> None:
    """List jobs: unfinished ones first, then the newest."""
    from horarium.cli.opening import work

    wanted = which or JobFilter()
    wanted.check()
    jobs = work(lambda a: a.ledger.jobs(wanted.read(a), page=page, count=count))
    if json:
        print_json(jobs)
        return
    print_table(
        None,
        ("job", "task", "queue", "state", "due", "attempt", "took", "error"),
        (
            (
                job.id, job.task, job.queue, job.state, job.due_at, job.attempt,
                seconds(job.took), error_line(job.error),
            )
            for job in jobs
        ),
        "There are no such jobs.",
    )  # fmt: skip


@app.command(name="stats")
def show_stats(
    *,
    span: Literal["hour", "day", "week"] = "hour",
    json: Json = False,
) -> None:
    """Count jobs by state and task, and say how long they took: median, 95 % and 99 %.

    Parameters
    ----------
    span
        How far back ended jobs count.
    """
    from horarium.cli.opening import work
    from horarium.engine import State

    back = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}[span]
    figures = work(lambda a: a.ledger.statistics(back))
    if json:
        print_json(figures)
        return
    rows = [(each.task, each.states, each.p50, each.p95, each.p99) for each in figures.tasks]
    if len(rows) > 1:
        rows.append(("all", figures.states, None, None, None))
    shown = [state for state in State if figures.states[state]]
    print_table(
        f"Unfinished jobs, and those that ended within the last {span}",
        ("task", *(f">{state}" for state in shown), ">p50", ">p95", ">p99"),
        (
            (task, *(states.get(state, 0) for state in shown), *map(seconds, percentiles))
            for task, states, *percentiles in rows
        ),
        "There are no such jobs.",
    )


@app.command(name="show")
def show_job(id: str, *, json: Json = False) -> None:
    """Show one job with its arguments, its result or its error, and its attempts.

    Parameters
    ----------
    id
        The job's id.
    """
    from horarium.cli.opening import work

    async def look(a: "Horarium") -> "tuple[Job, list[Attempt]]":
        return await a.ledger.show(id), await a.ledger.attempts(id)

    job, attempts = work(look)
    if json:
        print_json({**msgspec.structs.asdict(job), "attempts": attempts})
        return
    out = console()
    for name in ("id", "task", "queue", "priority", "state", "attempt", "owner", "batch",
                 "schedule", "fired_for", "enqueued_at", "due_at", "started_at",
                 "finished_at"):  # fmt: skip
        out.print(f"[bold]{name.replace('_', ' '):<12}[/] {cell(getattr(job, name))}")
    for name in ("arguments", "labels", "result"):
        value = getattr(job, name)
        if value is not None:
            out.print(f"[bold]{name:<12}[/]", end=" ")
            out.print(bytes(value).decode(), markup=False)
    for name, line in _further(job):
        out.print(f"[bold]{name:<12}[/] {cell(line)}")
    if job.error is not None:
        out.print(f"[bold]{'error':<12}[/] {cell(job.error.type)}: {cell(job.error.message)}")
        if job.error.traceback:
            out.print(job.error.traceback, markup=False)
    if len(attempts) > 1 or (attempts and not job.state.final):
        out.print()
        print_table(
            None,
            ("attempt", "worker", "started", "ended", "outcome", "error"),
            (
                (
                    each.attempt, each.worker, each.started_at, each.ended_at,
                    each.outcome or "running", error_line(each.error),
                )
                for each in attempts
            ),
            "",
        )  # fmt: skip


@app.command(name="explain")
def explain_job(id: str, *, json: Json = False) -> None:
    """Say why a job has not run, and what would change it; or what became of it.

    Parameters
    ----------
    id
        The job's id.
    """
    from horarium.cli.opening import work

    explanation = work(lambda a: a.ledger.explain(id))
    if json:
        print_json(explanation)
        return
    out = console()
    out.print(f"{id} ({explanation.task}) is {explanation.state}.", markup=False)
    for number, finding in enumerate(explanation.findings, 1):
        out.print(f"{number}. {finding.why}", markup=False)
        if finding.remedy:
            out.print(f"   -> {finding.remedy}", markup=False)


def error_line(error: "Error | None") -> str | None:
    """An error as it stands in a table."""
    return None if error is None else f"{error.type}: {error.message}"


def _further(job: "Job") -> "Iterator[tuple[str, str]]":
    """What most jobs have not: a result that is gone, and progress."""
    if job.result_expired:
        yield "result", "has expired"
    if job.progress is not None:
        yield "progress", progress_line(job.progress)


def progress_line(mark: "Mark") -> str:
    """Progress as it stands on a line: 40 %, importing, row 1,200."""
    share = None if mark.fraction is None else f"{mark.fraction * 100:.0f} %"
    return ", ".join(words for words in (share, mark.state, mark.note) if words) or "told"


def seconds(took: Any) -> str | None:
    """A duration as it stands in a table."""
    if took is None:
        return None
    return f"{took * 1000:.0f} ms" if took < 1 else f"{took:.1f} s"
