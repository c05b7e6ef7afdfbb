"""Editions over HTTP: many schedules planned, and applied as one."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import post
from litestar.params import JSONBody

from horarium.accounts import Role
from horarium.engine import (
    Applied,
    Change,
    ChangeKind,
    Drafts,
    Plan,
    apply,
    edition_of,
    planned,
)
from horarium.web.api.parameters import App, refuses

MOST_SHOWN = 20
"""Due times of each kind that a plan lists; it counts all."""


class PlannedDrafts(Drafts, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Schedules that were planned, with the `versions` that the plan showed (null: none): refused
    where one differs.
    """

    versions: Annotated[dict[str, int | None], msgspec.Meta(examples=[{"weekday-report": 1}])] = (
        msgspec.field(default_factory=dict)
    )


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What changes for one schedule. `version` is that which is there now.

    `appear` and `vanish` list the first 20 due times that only the new, or only the present version
    has, until `until`; `appearing` and `vanishing` count them. `first`: what has come due already
    and is decided by the present version, by outcome.
    """

    id: str
    change: ChangeKind
    version: int | None
    appear: list[datetime] = []
    appearing: int = 0
    vanish: list[datetime] = []
    vanishing: int = 0
    stay: int = 0
    until: datetime | None = None
    first: dict[str, int] = {}


class EditionPlan(msgspec.Struct, frozen=True):
    """What applying would do, by id; `versions` may be sent with what is applied."""

    changes: list[Difference]
    versions: dict[str, int | None]


class EditionApplied(msgspec.Struct, frozen=True):
    """How many schedules were added, changed, left as they were, and retired."""

    added: int
    changed: int
    kept: int
    removed: int


@post(
    "/schedules/plan",
    opt={"role": Role.READER},
    tags=["Schedules"],
    summary="Plan an edit",
    status_code=200,
    responses=refuses(body=True),
)
async def plan_schedules(app: App, data: JSONBody[Drafts]) -> EditionPlan:
    """What applying these schedules would add, change and remove: which due times of the next week
    appear and vanish, and what has come due already. Nothing is changed.
    """
    changes = await planned(app.book, edition_of(app.broker, data, "api"))
    versions = {each.id: each.version for each in changes}
    return EditionPlan([difference(each) for each in changes], versions)


@post(
    "/schedules/apply",
    tags=["Schedules"],
    summary="Apply an edit",
    status_code=200,
    responses=refuses(409, body=True),
)
async def apply_schedules(app: App, data: JSONBody[PlannedDrafts]) -> EditionApplied:
    """Put these schedules into the book, all of them or none. With the `versions` of a plan it is
    refused with 409 where anything has changed since.
    """
    done: Applied = await apply(app.book, edition_of(app.broker, data, "api"), data.versions)
    return EditionApplied(*done)


def difference(change: Change) -> Difference:
    """A change as people read it: the first due times, and how many there are."""
    plan: Plan | None = change.plan
    if plan is None:
        return Difference(id=change.id, change=change.change, version=change.version)
    return Difference(
        id=change.id,
        change=change.change,
        version=change.version,
        appear=_first(plan.appear),
        appearing=len(plan.appear),
        vanish=_first(plan.vanish),
        vanishing=len(plan.vanish),
        stay=plan.stay,
        until=plan.until,
        first=dict(_outcomes(plan)),
    )


def _outcomes(plan: Plan) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    for each in plan.first:
        outcomes[each.outcome.value] += each.count
    return outcomes


def _first(dues: Sequence[datetime]) -> list[datetime]:
    return list(dues[:MOST_SHOWN])


ROUTES = [plan_schedules, apply_schedules]
