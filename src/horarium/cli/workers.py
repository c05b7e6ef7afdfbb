"""`horarium worker`: runs jobs; `horarium worker list`: who runs them."""

from typing import Annotated

from cyclopts import App, Parameter

from horarium.cli.output import print_json, print_table
from horarium.cli.processes import worker

app = App(name="worker", help="Run jobs, or list the workers that do.")
app.default(worker)


@app.command(name="list")
def list_workers(*, json: Annotated[bool, Parameter(negative="")] = False) -> None:
    """List the workers that live, and those that stopped within the last day.

    Parameters
    ----------
    json
        Print JSON.
    """
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
