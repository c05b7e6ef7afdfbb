"""The proof over HTTP: every due time recomputed, and laid beside what is recorded."""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import JSONBody, QueryParameter

from horarium.engine import Proof, Standing, accept, prove, standing
from horarium.errors import InvalidInput
from horarium.web.api.parameters import App, Identity, instant, present, refuses
from horarium.web.api.schedule_shapes import Note

LONGEST = timedelta(days=31)
MOST_SHOWN = 100
_COUNTS = (
    "expected", "enqueued", "waiting", "skipped", "missed", "pending", "beside", "unexplained",
    "doubled",
)  # fmt: skip


class Proved(msgspec.Struct, frozen=True, kw_only=True):
    """What was proved: due times counted over all schedules, and the first 100 schedules that do
    not hold. `beside`: backfilled, though not due at the time.
    """

    since: datetime
    until: datetime
    holds: bool
    schedules: int
    expected: int
    enqueued: int
    waiting: int
    skipped: int
    missed: int
    pending: int
    beside: int
    unexplained: int
    doubled: int
    wrong: list[Proof]


class Acceptance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why what is wrong is known."""

    note: Note


@get("/schedules/proof", tags=["Schedules"], summary="Prove the timetable", responses=refuses(404))
async def prove_timetable(
    app: App,
    since: Annotated[
        str | None,
        QueryParameter(format="date-time", description="Due after it; without it a day before."),
    ] = None,
    until: Annotated[
        str | None, QueryParameter(format="date-time", description="Up to it; without it now.")
    ] = None,
    schedule: Annotated[str | None, QueryParameter(description="Only this schedule.")] = None,
) -> Proved:
    """Recompute every due time of a span of up to 31 days from the recorded versions of each
    schedule, and compare with what is recorded: each must have exactly one outcome.
    """
    end = instant("until", until) or await present(app)
    start = instant("since", since) or end - timedelta(days=1)
    if end - start > LONGEST:
        raise InvalidInput("since", f"the span is over {LONGEST.days} days; prove it in parts")
    if schedule is not None:
        await app.book.show(schedule)
    counts = dict.fromkeys(_COUNTS, 0)
    wrong: list[Proof] = []
    schedules = 0
    async for proof in prove(app.book, start, end, schedule):
        schedules += 1
        for name in _COUNTS:
            counts[name] += getattr(proof, name)
        if not proof.holds and len(wrong) < MOST_SHOWN:
            wrong.append(proof)
    return Proved(
        since=start, until=end, holds=not wrong, schedules=schedules,
        wrong=wrong, **counts,
    )  # fmt: skip


@get(
    "/schedules/proof/standing",
    tags=["Schedules"],
    summary="The standing proof",
    responses=refuses(),
)
async def read_standing_proof(app: App) -> Standing:
    """What the schedulers find when they prove, every hour, what was decided since the last time:
    the schedules of which due times are unexplained or doubled. One is left out again when it is
    mended, by a backfill for instance, or accepted.
    """
    return await standing(app.book)


@post(
    "/schedules/{id:str}/acceptance",
    tags=["Schedules"],
    summary="Accept wrong due times",
    status_code=200,
    responses=refuses(404, body=True),
)
async def accept_wrong_due_times(app: App, id: Identity, data: JSONBody[Acceptance]) -> Standing:
    """Say that what the standing proof has against a schedule is known, and end its alarm."""
    await accept(app.book, id, data.note, "api")
    return await standing(app.book)


ROUTES = [prove_timetable, read_standing_proof, accept_wrong_due_times]
