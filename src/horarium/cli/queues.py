"""`horarium queue`: what waits in each queue, pausing and resuming."""

from cyclopts import App

from horarium.cli.options import Json
from horarium.cli.output import console, print_json, print_table

app = App(name="queue", help="Look at queues, pause and resume them.")


@app.command(name="list")
def list_queues(*, json: Json = False) -> None:
    """List queues that are paused, have unfinished jobs, or are named by a live worker."""
    from horarium.cli.opening import work
    from horarium.engine import State

    queues = work(lambda a: a.queues.all())
    if json:
        print_json(queues)
        return
    shown = [state for state in State if any(each.states.get(state) for each in queues)]
    print_table(
        None,
        ("queue", *(f">{state}" for state in shown), "oldest due", ">workers", "paused", "note"),
        (
            (
                each.name, *(each.states[state] for state in shown), each.oldest_due_at,
                each.workers, each.paused_at, each.note,
            )
            for each in queues
        ),
        "There are no queues: no job, worker or pause names one.",
    )  # fmt: skip


@app.command
def pause(name: str, *, note: str | None = None, json: Json = False) -> None:
    """Hand out no more jobs of a queue. What runs, runs on; new jobs wait.

    Parameters
    ----------
    name
        The queue.
    note
        Why; shown wherever the queue is.
    """
    from horarium.cli.opening import work

    queue = work(lambda a: a.queues.pause(name, note))
    if json:
        print_json(queue)
    else:
        console().print(f"The queue {name} is paused.", markup=False)


@app.command
def resume(name: str, *, json: Json = False) -> None:
    """Hand out the jobs of a queue again.

    Parameters
    ----------
    name
        The queue.
    """
    from horarium.cli.opening import work

    queue = work(lambda a: a.queues.resume(name))
    if json:
        print_json(queue)
    else:
        console().print(f"The queue {name} is not paused.", markup=False)
