"""`horarium prove`: recompute every due time of a span and compare it with what is recorded."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cyclopts import App

from horarium.cli.options import Flag, Json
from horarium.cli.output import console, print_json, print_table
from horarium.cli.values import instant
from horarium.errors import InvalidInput

if TYPE_CHECKING:
    from horarium.application import Horarium
    from horarium.engine import Proof


def add(app: App) -> None:
    """Add this command."""
    app.command(prove)


def prove(
    *,
    since: str | None = None,
    until: str | None = None,
    schedule: str | None = None,
    standing: Flag = False,
    accept: str | None = None,
    json: Json = False,
) -> int:
    """Prove that every due time has its one outcome. Exit status 1 where one has not.

    Parameters
    ----------
    since
        Due times after this instant: 2026-03-01T08:00 (UTC), or 2h, 7d ago; without it the last 30
        days.
    until
        Up to this instant; without it now.
    schedule
        Only this schedule.
    standing
        Show the standing proof, which the schedulers make every hour, instead of proving now.
    accept
        Why what is wrong of --schedule is known: the standing proof no longer holds it against it.
    """
    from horarium.cli.opening import work
    from horarium.engine import prove as proofs

    if accept is not None:
        return _accept(schedule, accept)
    if standing:
        return _standing(json=json)
    end = instant("--until", until) or datetime.now(UTC)
    start = instant("--since", since) or end - timedelta(days=30)

    async def act(a: "Horarium") -> "list[Proof]":
        await a.require_ready()
        return [proof async for proof in proofs(a.book, start, end, schedule)]

    proved = work(act)
    wrong = any(each.unexplained or each.doubled for each in proved)
    if json:
        print_json(proved)
        return int(wrong)
    print_table(
        None,
        ("schedule", ">expected", ">enqueued", ">waiting", ">skipped", ">missed", ">pending",
         ">unexplained", ">doubled"),
        (
            (
                each.schedule, each.expected, each.enqueued, each.waiting, each.skipped,
                each.missed, each.pending, each.unexplained, each.doubled,
            )
            for each in proved
        ),
        "There are no schedules.",
    )  # fmt: skip
    for each in proved:
        for detail in each.details:
            console().print(f"{each.schedule}: {detail}", markup=False, style="red")
    return int(wrong)


def _accept(schedule: str | None, note: str) -> int:
    from horarium.cli.opening import work
    from horarium.engine import accept

    if schedule is None:
        raise InvalidInput("--schedule", "name the schedule whose alarm is to end")
    work(lambda a: accept(a.book, schedule, note, "command line"))
    console().print(f"What is wrong of {schedule} is accepted.", markup=False)
    return 0


def _standing(*, json: bool) -> int:
    from horarium.cli.opening import work
    from horarium.engine import standing

    found = work(lambda a: standing(a.book))
    if json:
        print_json(found)
        return int(not found.holds)
    print_table(
        None,
        ("schedule", "after", "until", ">unexplained", ">doubled", "first"),
        (
            (each.schedule, each.since, each.until, each.unexplained, each.doubled, each.details[0])
            for each in found.wrong
        ),
        "Every due time that was decided has its one outcome.",
    )
    proved = "not yet" if found.proved_at is None else f"{found.proved_at:%Y-%m-%d %H:%M:%S} UTC"
    console().print(f"Last proved: {proved}", style="dim")
    return int(not found.holds)
