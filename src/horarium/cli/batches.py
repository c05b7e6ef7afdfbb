"""`horarium batch`: how far compositions have come, and cancelling them."""

from cyclopts import App

from horarium.cli.options import Flag, Json, PageNumber, PageSize
from horarium.cli.output import cell, console, print_json, print_table

app = App(name="batch", help="Look at batches (chains, groups and chords), cancel them.")


@app.command(name="list")
def list_batches(
    *, owner: str | None = None, page: PageNumber = 1, count: PageSize = 20, json: Json = False
) -> None:
    """List batches, newest first.

    Parameters
    ----------
    owner
        Only batches of this owner.
    """
    from horarium.cli.opening import work

    found, _ = work(lambda a: a.batches.page(owner=owner, page=page, count=count))
    if json:
        print_json(found)
        return
    print_table(
        None,
        ("batch", "kind", "name", "owner", ">jobs", "created"),
        (
            (each.id, each.kind, each.name, each.owner, f"{each.total:,}", each.created_at)
            for each in found
        ),
        "There are no batches.",
    )


@app.command
def show(id: str, *, json: Json = False) -> None:
    """Show a batch, and how far it has come.

    Parameters
    ----------
    id
        The batch's id.
    """
    import msgspec

    from horarium.cli.opening import work

    batch, progress = work(lambda a: a.batches.show(id))
    if json:
        print_json(msgspec.structs.asdict(batch) | msgspec.structs.asdict(progress))
        return
    out = console()
    for name in ("id", "kind", "name", "owner", "created_at"):
        out.print(f"[bold]{name.replace('_', ' '):<12}[/] {cell(getattr(batch, name))}")
    share = f"{progress.done:,} of {progress.total:,} ({progress.share:.0%})"
    out.print(f"[bold]{'done':<12}[/] {share}")
    out.print(f"[bold]{'ended at':<12}[/] {cell(progress.ended_at)}")
    for state, number in progress.states.items():
        out.print(f"[bold]{state:<12}[/] {number:,}")


@app.command
def cancel(
    id: str, *, reason: str = "its batch was cancelled by hand", running: Flag = False,
    json: Json = False,
) -> None:  # fmt: skip
    """Cancel what has not begun of a batch. Jobs that run, run on.

    Parameters
    ----------
    id
        The batch's id.
    reason
        Why; it is kept with each job.
    running
        Ask the jobs that run to stop, too.
    """
    from horarium.cli.opening import work

    done = work(lambda a: a.batches.cancel(id, reason, running=running))
    if json:
        print_json(done)
        return
    jobs = "1 job is" if done.cancelled == 1 else f"{done.cancelled:,} jobs are"
    asked = f", {done.asked_to_stop:,} that run asked to stop" if running else ""
    console().print(f"{jobs} cancelled{asked}.")
