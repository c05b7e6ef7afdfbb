"""The pure rules of unique jobs: keys, and what the labels take."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horarium.engine.jobs.job import State
from horarium.engine.jobs.uniqueness import (
    NOT_BEGUN,
    UNFINISHED,
    Unique,
    read_debounce,
    read_unique,
    unique_key,
)

TEXT = st.text("a\u00e9", max_size=3)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | TEXT,
    lambda each: st.lists(each, max_size=3) | st.dictionaries(TEXT, each, max_size=3),
    max_leaves=5,
)
CALLS = st.dictionaries(st.sampled_from("abcd"), PLAIN)


def key(arguments: dict[str, Any], *fields: str, task: str = "t") -> str:
    return unique_key(Unique(fields=fields or None), task, arguments).key


@given(CALLS)
def test_a_key_does_not_know_the_order_of_arguments(call: dict[str, Any]) -> None:
    assert key(call) == key(dict(reversed(call.items())))


@given(CALLS, CALLS)
def test_calls_share_a_key_only_where_all_arguments_that_count_are_equal(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    # repr: 1 and True are two arguments.
    assert (key(one) == key(other)) == (repr(_sorted(one)) == repr(_sorted(other)))
    counted = [{n: call[n] for n in ("a", "b") if n in call} for call in (one, other)]
    same = repr(_sorted(counted[0])) == repr(_sorted(counted[1]))
    assert (key(one, "a", "b") == key(other, "a", "b")) == same


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value


def test_tasks_and_kinds_never_share_a_key() -> None:
    assert key({}, task="a") != key({}, task="b")
    assert key({}) != unique_key(Unique(debounce=True), "t", {}).key


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (False, None),
        (True, Unique()),
        ({}, Unique()),
        ({"fields": ["a"]}, Unique(fields=("a",))),
        (
            {"period": timedelta(minutes=1)},
            Unique(period=60.0, states=(*UNFINISHED, State.SUCCEEDED)),
        ),
        ({"states": ["queued", "scheduled"]}, Unique(states=NOT_BEGUN)),
        (
            {"states": ["scheduled", "queued", "failed"], "period": 5},
            Unique(states=(*NOT_BEGUN, State.FAILED), period=5.0),
        ),
    ],
)
def test_the_label_unique(value: Any, rule: Unique | None) -> None:
    assert read_unique(value) == rule


@pytest.mark.parametrize(
    "value",
    [
        "yes", 1, ["a"], {"field": ["a"]}, {"fields": []}, {"fields": "a"}, {"fields": [1]},
        {"period": 0}, {"period": -1}, {"period": "soon"}, {"period": True},
        {"states": ["running"]}, {"states": ["scheduled", "queued", "asleep"]},
        {"states": "queued"},
        {"states": ["scheduled", "queued", "succeeded"]},
    ],
)  # fmt: skip
def test_what_the_label_unique_does_not_take(value: Any) -> None:
    with pytest.raises(ValueError, match=r"True|list|seconds|period"):
        read_unique(value)


def test_the_label_debounce() -> None:
    assert read_debounce(5) == Unique(fields=(), period=5.0, states=NOT_BEGUN, debounce=True)
    of_a = read_debounce({"period": timedelta(seconds=1), "fields": ["a"]})
    assert of_a == Unique(fields=("a",), period=1.0, states=NOT_BEGUN, debounce=True)


@pytest.mark.parametrize("value", [0, -1, True, "soon", [5], {}, {"fields": ["a"]}, {"period": 0}])
def test_what_the_label_debounce_does_not_take(value: Any) -> None:
    with pytest.raises(ValueError, match="seconds"):
        read_debounce(value)
