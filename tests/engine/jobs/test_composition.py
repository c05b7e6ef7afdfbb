"""Chains and groups, turned into jobs that wait for each other."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horarium.engine.jobs import composition
from horarium.engine.jobs.composition import After, Chain, Group, OnFailure, Step, Takes
from horarium.errors import InvalidInput


def planned(part: Any, after: After | None = None) -> tuple[list[Step], list[str]]:
    """The steps of a composition whose calls are their own ids, and what it ends with."""
    ends: list[str] = []
    return list(composition.steps(part, str, ends, after)), ends


def follows(steps: list[Step]) -> dict[str, tuple[str, ...]]:
    return {each.id: each.after.jobs if each.after else () for each in steps}


def test_a_chain_goes_one_after_the_other() -> None:
    steps, ends = planned(Chain(("a", "b", "c")))
    assert follows(steps) == {"a": (), "b": ("a",), "c": ("b",)}
    assert [each.takes for each in steps] == [Takes.NOTHING, Takes.ONE, Takes.ONE]
    assert [each.followed for each in steps] == [True, True, False]
    assert ends == ["c"]


def test_a_group_goes_at_once() -> None:
    steps, ends = planned(Group(["a", "b"]))
    assert follows(steps) == {"a": (), "b": ()}
    assert not any(each.followed for each in steps)
    assert ends == ["a", "b"]


def test_a_call_after_a_group_takes_all_results_in_their_order() -> None:
    steps, ends = planned(Chain((Group(("a", Chain(("b", "c")))), "d"), OnFailure.CONTINUE))
    assert follows(steps) == {"a": (), "b": (), "c": ("b",), "d": ("a", "c")}
    assert steps[-1].takes is Takes.ALL
    assert steps[-1].after == After(("a", "c"), OnFailure.CONTINUE)
    # Inside the group the inner chain has its own rule.
    assert steps[2].after == After(("b",), OnFailure.STOP)
    assert ends == ["d"]


def test_each_of_a_group_after_a_call_takes_its_result() -> None:
    steps, ends = planned(Chain(("a", Group(("b", "c")), Group(("d", "e")))))
    assert follows(steps) == {"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c"), "e": ("b", "c")}
    assert [each.takes for each in steps] == [
        Takes.NOTHING, Takes.ONE, Takes.ONE, Takes.ALL, Takes.ALL,
    ]  # fmt: skip
    assert ends == ["d", "e"]


def test_a_group_of_one_gives_a_list_also_at_the_end_of_a_chain() -> None:
    steps, _ = planned(Chain((Chain(("a", Group(("b",)))), "c")))
    assert steps[-1].takes is Takes.ALL


def test_the_first_ones_wait_for_jobs_outside() -> None:
    steps, _ = planned(Group((Chain(("a", "b")), "c")), After(("x", "y"), OnFailure.CONTINUE))
    assert follows(steps) == {"a": ("x", "y"), "b": ("a",), "c": ("x", "y")}
    assert [each.outside for each in steps] == [True, False, True]
    assert [each.takes for each in steps] == [Takes.NOTHING, Takes.ONE, Takes.NOTHING]


@pytest.mark.parametrize("part", [Group(()), Chain(()), Chain(("a", Group(())))])
def test_parts_with_nothing_in_them_are_refused(part: Any) -> None:
    with pytest.raises(InvalidInput, match="it has no"):
        planned(part)


def test_too_many_dependencies_are_refused_before_they_are_made() -> None:
    many = [f"{n}" for n in range(1001)]
    seen = 0
    with pytest.raises(InvalidInput, match="Put one call between"):
        for _ in composition.steps(Chain((Group(many), Group(many))), str, []):
            seen += 1
    assert seen < 2002


def test_a_group_is_gone_through_as_it_is_asked_for() -> None:
    made: list[int] = []

    def calls() -> Iterator[str]:
        for n in range(1000):
            made.append(n)
            yield str(n)

    found = composition.steps(Group(calls()), str, [])
    next(found)
    assert len(made) == 1


trees = st.recursive(
    st.integers(),
    lambda parts: st.one_of(
        st.lists(parts, min_size=1, max_size=4).map(Group),
        st.lists(parts, min_size=1, max_size=4).map(lambda some: Chain(tuple(some))),
    ),
    max_leaves=20,
)


@given(trees)
def test_whatever_is_waited_for_comes_before(tree: Any) -> None:
    ids = iter(range(1000))
    ends: list[str] = []
    steps = list(composition.steps(tree, lambda _: str(next(ids)), ends))
    seen: set[str] = set()
    for step in steps:
        assert set(step.after.jobs if step.after else ()) <= seen
        seen.add(step.id)
    followed = {id for step in steps if step.after for id in step.after.jobs}
    assert followed == {step.id for step in steps if step.followed}
    assert set(ends) == seen - followed
    assert len(ends) == len(set(ends))
