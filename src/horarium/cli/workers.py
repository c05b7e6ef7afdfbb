"""`horarium worker`: runs jobs; `horarium worker list`: who runs them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from cyclopts import App, Parameter

from horarium.cli.options import AppName, Flag, Json
from horarium.cli.output import print_json, print_table
from horarium.cli.processes import is_member
from horarium.cli.work import Recycling, Work
from horarium.errors import InvalidInput
from horarium.settings import SETTINGS, load

app = App(name="worker", help="Run jobs, or list the workers that do.")


@app.default
def worker(
    *,
    queues: Annotated[
        list[str] | None, Parameter(name=["--queues", "--queue", "-q"], negative="")
    ] = None,
    concurrency: Annotated[int | None, Parameter(name=["--concurrency", "-c"])] = None,
    processes: Annotated[int | None, Parameter(name=["--processes", "-p"])] = None,
    recycle_after_jobs: int | None = None,
    recycle_after_memory: str | None = None,
    reload: Flag = False,
    app: AppName = None,
) -> int:
    """Run jobs.

    Parameters
    ----------
    queues
        Only these queues: --queue mail --queue reports, or mail,reports. With weights, such as
        mail:3,reports:1, each gets that share of the slots while both have work. Without it
        HORARIUM_QUEUES, else all.
    concurrency
        Jobs at once at most, in each process; without it HORARIUM_CONCURRENCY, else 100.
    processes
        Worker processes under one supervisor; without it HORARIUM_PROCESSES, else 1.
    recycle_after_jobs
        Another process succeeds one that has run so many jobs; HORARIUM_RECYCLE_AFTER_JOBS.
    recycle_after_memory
        The same when it occupies so much, such as 500MB; HORARIUM_RECYCLE_AFTER_MEMORY.
    reload
        Start anew whenever the source files change: for development.
    app
        Your application as module:name.
    """
    for name, number in (
        ("--concurrency", concurrency),
        ("--processes", processes),
        ("--recycle-after-jobs", recycle_after_jobs),
    ):
        if number is not None and number < 1:
            raise InvalidInput(name, "it takes a number from 1")
    settings = load()
    recycling = Recycling(
        jobs=recycle_after_jobs or settings.recycle_after_jobs,
        memory=_memory(recycle_after_memory) or settings.recycle_after_memory,
    )
    work = Work(queues=_queues(queues), slots=concurrency, app=app, recycling=recycling)
    size = processes or settings.processes
    if is_member() or (size == 1 and not reload and not recycling.is_wanted):
        from horarium.cli.member import serve

        return serve(work)
    from horarium.cli.crew import supervise

    return supervise(work, size, reload=reload)


def _queues(given: Sequence[str] | None) -> Mapping[str, int | None] | None:
    if given is None:
        return None
    queues: Mapping[str, int | None] = _read("--queues", "queues", ",".join(given))
    return queues


def _memory(given: str | None) -> int | None:
    if given is None:
        return None
    size: int = _read("--recycle-after-memory", "recycle_after_memory", given)
    return size


def _read(flag: str, setting: str, text: str) -> Any:
    """A flag is read as the setting of the same meaning is."""
    try:
        return SETTINGS[setting].read(text)
    except ValueError as error:
        raise InvalidInput(flag, str(error)) from None


@app.command(name="list")
def list_workers(*, json: Json = False) -> None:
    """List the workers that live, and those that stopped within the last day."""
    from horarium.cli.opening import work
    from horarium.engine import roster

    members = work(lambda a: roster(a.database))
    if json:
        print_json(members)
        return
    print_table(
        None,
        (">worker", "name", "state", "queues", ">slots", ">running", "started", "lease until"),
        (
            (
                each.id, each.name, each.state, ", ".join(each.queues) or "all", each.slots,
                each.running, each.started_at, each.lease_until,
            )
            for each in members
        ),
        "There are no workers: none has run within the last day.",
    )  # fmt: skip
