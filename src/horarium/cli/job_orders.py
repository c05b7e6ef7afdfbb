"""`horarium job retry` and `horarium job cancel`: orders to the ledger."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cyclopts import App

from horarium.cli.job_filter import JobFilter
from horarium.cli.options import Flag, Json
from horarium.cli.output import console, print_json
from horarium.errors import HorariumError, InvalidInput

if TYPE_CHECKING:
    from horarium.application import Horarium


def add(app: App) -> None:
    """Add these commands."""
    app.command(retry)
    app.command(cancel)


def retry(
    *ids: str, which: JobFilter | None = None, dry_run: Flag = False, json: Json = False
) -> int:
    """Run jobs again that have ended: those named, or those that a filter finds.

    Each keeps its id and is queued as if new; its former run stays among its attempts. A filter
    finds jobs that failed, unless it names another state.

    Parameters
    ----------
    ids
        Jobs to run again.
    dry_run
        Only say how many there are.
    """
    which = which or JobFilter()
    if ids and (which or dry_run):
        raise InvalidInput("retry", "it takes ids of jobs, or a filter, not both")
    if ids:
        return _one_by_one(ids, lambda a, id: a.ledger.run_again(id), "is queued again", json)
    if not which:
        raise InvalidInput(
            "retry", "it takes ids of jobs, or a filter such as --task NAME or --state failed"
        )
    return _retry_many(replace(which, state=which.state or "failed"), dry_run=dry_run, json=json)


def cancel(*ids: str, reason: str = "cancelled by hand", json: Json = False) -> int:
    """Cancel jobs: one that has not begun ends at once, a running one is asked to stop.

    Parameters
    ----------
    ids
        Jobs to cancel.
    reason
        Why; it is kept with the job.
    """
    from horarium.engine import State
    from horarium.errors import Conflict

    if not ids:
        raise InvalidInput("cancel", "it takes ids of jobs")

    async def act(a: "Horarium", id: str) -> str:
        became = await a.ledger.cancel(id, reason)
        if became is None:
            job = await a.ledger.show(id)
            raise Conflict(f"job {id!r} has ended already: it {_ended(job.state)}")
        return "is asked to stop" if became is State.RUNNING else "is cancelled"

    return _one_by_one(ids, act, None, json)


def _retry_many(which: JobFilter, *, dry_run: bool, json: bool) -> int:
    from horarium.cli.opening import work

    which.check()
    count = work(lambda a: a.ledger.run_again_many(which.read(a), dry_run=dry_run))
    if json:
        print_json({"count": count, "dry_run": dry_run})
    else:
        jobs = "1 job" if count == 1 else f"{count:,} jobs"
        verb = "would be" if dry_run else ("is" if count == 1 else "are")
        console().print(f"{jobs} {verb} queued again.")
    return 0


def _one_by_one(
    ids: Sequence[str],
    act: "Callable[[Horarium, str], Awaitable[Any]]",
    says: str | None,
    json: bool,
) -> int:
    """Do something to each job; what one refuses does not keep the others from it."""
    from horarium.cli.opening import work

    async def every(a: "Horarium") -> list[tuple[str, bool, str]]:
        done = []
        for id in ids:
            try:
                said = await act(a, id)
                done.append((id, True, f"{id} {says or said}"))
            except HorariumError as error:
                done.append((id, False, str(error)))
        return done

    done = work(every)
    if json:
        print_json([{"id": id, "done": well, "says": says} for id, well, says in done])
    else:
        for _, _, says in done:
            console().print(says, markup=False)
    return 0 if all(well for _, well, _ in done) else 1


def _ended(state: str) -> str:
    return {"cancelled": "was cancelled"}.get(state, state)
