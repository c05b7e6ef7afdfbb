"""`horarium report promises`: which reports are to be ready by when, and whether they will be."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from horarium.cli.options import Json
from horarium.cli.output import print_json, print_table

if TYPE_CHECKING:
    from horarium.reports import Promise


def promises(*, json: Json = False) -> int:
    """Show how the promises stand that reports are ready by a time (HORARIUM_READY_BY).

    The exit status is 1 where a period is late that is not ready yet.
    """
    from horarium.cli.opening import work

    found = work(lambda a: a.promises())
    if json:
        print_json(found)
    else:
        print_promises(None, found, "No report promises to be ready by a time.")
    return int(any(each.state == "late" for each in found))


def print_promises(title: str | None, found: "Sequence[Promise]", none: str) -> None:
    """Promises as a table, the newest first."""
    print_table(
        title,
        ("report", "day", "ready by", "state", "why"),
        (
            (each.report, each.day, each.deadline, each.state.value, each.reason)
            for each in sorted(found, key=lambda each: each.starts_at, reverse=True)
        ),
        none,
    )
