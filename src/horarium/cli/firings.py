"""`horarium schedule show`, `firings` and `explain`: one schedule, and what became of it."""

from typing import Any, Literal

from horarium.cli.options import Json, Most
from horarium.cli.output import console, print_json, print_table
from horarium.cli.schedules import app as schedules
from horarium.cli.values import instant


@schedules.command
def show(id: str, *, json: Json = False) -> None:
    """Show one schedule: its rule, its call, where it stands, and what was done to it by hand.

    Parameters
    ----------
    id
        The schedule.
    """
    from horarium.cli.opening import work
    from horarium.engine import acts

    async def look(a: Any) -> Any:
        return await a.book.show(id), await acts(a.book, id)

    kept, done = work(look)
    if json:
        print_json({"schedule": kept, "acts": done})
        return
    print_table(id, ("", ""), _lines(kept), "")
    if done:
        print_table(
            "Done by hand",
            ("when", "act", "by", "note"),
            ((each.at, each.act, each.origin, each.note) for each in done),
            "",
        )


@schedules.command
def firings(
    id: str,
    *,
    before: str | None = None,
    since: str | None = None,
    outcome: Literal["enqueued", "buffered", "skipped", "missed"] | None = None,
    count: Most = 20,
    json: Json = False,
) -> None:
    """Show what became of the due times of a schedule, newest first.

    Parameters
    ----------
    id
        The schedule.
    before
        Due before this instant: 2026-03-01T08:00 (UTC), or 2h, 7d ago.
    since
        Due at or after this instant.
    outcome
        Of which this became: enqueued, buffered, skipped, missed.
    """
    from horarium.cli.opening import work
    from horarium.engine import Outcome
    from horarium.engine import firings as find

    which = None if outcome is None else Outcome(outcome)
    start, end = instant("--since", since), instant("--before", before)
    found = work(lambda a: find(a.book, id, before=end, since=start, outcome=which, count=count))
    if json:
        print_json(found)
        return
    print_table(
        None,
        ("due", "until", ">count", "outcome", "reason", "job", "decided", "by"),
        (
            (
                each.due_at, each.due_until, each.count, each.outcome, each.reason, each.job,
                each.decided_at, each.decided_by,
            )
            for each in found
        ),
        "There are no such firings.",
    )  # fmt: skip


@schedules.command
def explain(id: str, *, due: str | None = None, json: Json = False) -> None:
    """Say why a schedule does not run just now, or what became of one of its due times.

    Parameters
    ----------
    id
        The schedule.
    due
        The due time, such as 2026-03-01T08:00; without an offset it is UTC.
    """
    from horarium.cli.opening import work
    from horarium.engine import account, explain_schedule

    at = instant("--due", due)
    found: Any
    if at is None:
        found = reasons = work(lambda a: explain_schedule(a.book, id))
    else:
        found = work(lambda a: account(a.book, id, at))
        reasons = found.reasons
    if json:
        print_json(found)
        return
    print_table(
        None,
        ("why", "what would change it"),
        ((reason.why, reason.remedy) for reason in reasons),
        "Nothing holds it back.",
    )
    for finding in found.job.findings if at is not None and found.job is not None else ():
        console().print(f"Its job {found.job.id}: {finding.why}", markup=False)


def _lines(kept: Any) -> list[tuple[str, Any]]:
    from horarium.engine import worded

    schedule, timetable = kept.schedule, kept.schedule.timetable
    return [
        ("rule", f"{worded(timetable.rule)} in {timetable.zone}"),
        ("task", schedule.task),
        ("queue", schedule.queue),
        ("arguments", bytes(schedule.arguments).decode()),
        ("labels", bytes(schedule.labels).decode()),
        ("overlap", schedule.overlap),
        ("catch-up", f"{schedule.catch_up} within {schedule.catch_up_window:,.0f} s"),
        ("state", kept.state),
        ("note", kept.note),
        ("version", f"{kept.version}, since {kept.updated_at:%Y-%m-%d %H:%M:%S}"),
        ("made by", kept.origin),
        ("fired", kept.fired),
        ("decided until", kept.decided_until),
        ("next due", kept.next_due_at),
        ("next fires", kept.next_fire_at),
    ]
