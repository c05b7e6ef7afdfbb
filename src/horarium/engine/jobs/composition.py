"""Chains and groups of calls, and the order in which their jobs go. Pure.

A *composition* is a tree: its leaves are calls, and its nodes say how the parts below them go: a
`Chain` one after the other, a `Group` all at once. `steps` turns the tree into jobs, each with
those that it waits for, in an order in which everything that is waited for comes first; so there
can be no circle. What a part *ends with* are the jobs that nothing in the part waits for: the next
step of a chain waits for all of them, and is given the result of the one, or the list of all
results where the part is a group. A chord is a chain of a group and a call.

Parts are gone through once and not kept: a group may be a generator of a hundred thousand calls.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from enum import StrEnum
from typing import Any

import msgspec

from horarium.errors import InvalidInput

MOST_DEPENDENCIES = 1_000_000
"""Dependencies that one composition may have: a group after a group has the product of both."""


class OnFailure(StrEnum):
    """What a job does when one that it waits for ends as failed or cancelled."""

    STOP = "stop"
    """It ends as cancelled, and so do those that wait for it in the same way."""
    CONTINUE = "continue"
    """It runs when all have ended, whatever became of them."""


class Takes(StrEnum):
    """What a job is given of those that it has waited for, as its first argument."""

    NOTHING = "nothing"
    ONE = "one"
    ALL = "all"


class After(msgspec.Struct, frozen=True):
    """The jobs that one waits for."""

    jobs: tuple[str, ...]
    on_failure: OnFailure = OnFailure.STOP


class Group(msgspec.Struct, frozen=True):
    """Parts that go all at once."""

    members: Iterable[Any]


class Chain(msgspec.Struct, frozen=True):
    """Parts that go one after the other."""

    steps: tuple[Any, ...]
    on_failure: OnFailure = OnFailure.STOP


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One job of a composition.

    Attributes:
        call: the leaf that it comes from.
        after: what it waits for; `None`: it may begin at once.
        outside: what it waits for is not part of the composition.
        takes: what it is given of the results of those.
        followed: others of the composition wait for it.
    """

    call: Any
    id: str
    after: After | None = None
    outside: bool = False
    takes: Takes = Takes.NOTHING
    followed: bool = False


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a part stands in the whole: what comes before it, and whether something follows."""

    after: After | None = None
    outside: bool = False
    takes: Takes = Takes.NOTHING
    followed: bool = False


def steps(
    composition: Any,
    id_of: Callable[[Any], str],
    ends: list[str],
    after: After | None = None,
) -> Iterator[Step]:
    """The jobs of a composition; none comes before one that it waits for.

    Args:
        id_of: makes the id of a call's job.
        ends: is given the ids of the jobs that the whole ends with.
        after: jobs outside that the first ones wait for.

    Raises:
        InvalidInput: a part has no members, or there are too many dependencies.
    """
    place = Place(after=after, outside=after is not None)
    count = 0
    for step in _gathered(_steps(composition, id_of, place), ends):
        count += len(step.after.jobs) if step.after is not None else 0
        if count > MOST_DEPENDENCIES:
            raise InvalidInput(
                "composition",
                f"it has more than {MOST_DEPENDENCIES:,} dependencies: each member of a group "
                "waits for each member of the group before it. Put one call between the two",
            )
        yield step


def _gathered(found: Generator[Step, None, list[str]], ends: list[str]) -> Iterator[Step]:
    ends += yield from found


def _steps(
    part: Any, id_of: Callable[[Any], str], place: Place
) -> Generator[Step, None, list[str]]:
    if isinstance(part, Group):
        return (yield from _at_once(part, id_of, place))
    if isinstance(part, Chain):
        return (yield from _one_after_the_other(part, id_of, place))
    id = id_of(part)
    yield Step(
        call=part, id=id, after=place.after, outside=place.outside, takes=place.takes,
        followed=place.followed,
    )  # fmt: skip
    return [id]


def _at_once(
    group: Group, id_of: Callable[[Any], str], place: Place
) -> Generator[Step, None, list[str]]:
    ends: list[str] = []
    for member in group.members:
        ends += yield from _steps(member, id_of, place)
    if not ends:
        raise InvalidInput("group", "it has no members")
    return ends


def _one_after_the_other(
    chain: Chain, id_of: Callable[[Any], str], place: Place
) -> Generator[Step, None, list[str]]:
    if not chain.steps:
        raise InvalidInput("chain", "it has no steps")
    ends: list[str] = []
    former: Any = None
    for left, step in zip(range(len(chain.steps) - 1, -1, -1), chain.steps, strict=True):
        if ends:
            place = Place(
                after=After(tuple(ends), chain.on_failure),
                takes=Takes.ALL if is_many(former) else Takes.ONE,
                followed=place.followed,
            )
        here = msgspec.structs.replace(place, followed=place.followed or left > 0)
        ends = yield from _steps(step, id_of, here)
        former = step
    return ends


def is_many(part: Any) -> bool:
    """Whether a part ends with a list of results, however long, and not with one."""
    if isinstance(part, Chain):
        return is_many(part.steps[-1])
    return isinstance(part, Group)
