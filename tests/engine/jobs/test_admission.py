"""The pure rules of limits: keys, labels, and who is admitted."""

from collections import Counter
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from horarium.engine.jobs.admission import Candidate, Standing, decide, instant
from horarium.engine.jobs.limits import (
    Concurrency,
    Limits,
    Rate,
    decode,
    encode,
    limits_of,
    read_concurrency,
    read_rate,
)

LIMITS = st.builds(Limits, st.sampled_from([None, "a", "b", "c"]), st.integers(1, 3))
LINES = st.lists(st.tuples(LIMITS, st.booleans()), max_size=12).map(
    lambda line: [Candidate(str(n), *each) for n, each in enumerate(line)]
)
RUNNING = st.dictionaries(st.sampled_from("abc"), st.integers(0, 4))


@given(LINES, RUNNING, st.integers(0, 12))
def test_who_is_admitted(line: list[Candidate], running: dict[str, int], slots: int) -> None:
    limits = {each.id: each.limits for each in line}
    admission = decide(line, Standing(running), slots)
    assert len(admission.admitted) <= slots
    queued = {each.id for each in line if each.queued}
    # Each has its one place, and those that only waited are never held once more.
    assert set(admission.held) <= queued - set(admission.admitted)
    counts = Counter(running)
    for id in admission.admitted:
        key, most = limits[id].concurrency_key, limits[id].concurrency
        if key is not None and most is not None:
            assert counts[key] < most
            counts[key] += 1
    # Nobody is held whose key is open, and nobody is left whose turn it was.
    for each in line:
        key, most = each.limits.concurrency_key, each.limits.concurrency
        is_open = key is None or most is None or counts[key] < most
        if is_open and key is not None:
            assert key in admission.open
        if is_open and each.id not in admission.admitted:
            assert len(admission.admitted) == slots


@given(LINES, RUNNING)
def test_under_one_key_the_first_in_line_goes_first(
    line: list[Candidate], running: dict[str, int]
) -> None:
    admitted = decide(line, Standing(running), len(line)).admitted
    for limits in {each.limits for each in line}:
        equal = [each.id in admitted for each in line if each.limits == limits]
        assert equal == sorted(equal, reverse=True)


def test_keys() -> None:
    call = {"customer": {"b": 1, "a": 2}, "text": "x" * 500}

    def key(kind: str, **given: Any) -> str:
        limits = limits_of(Concurrency(1, kind), None, "t", "q", {**call, **given})
        assert limits is not None
        assert limits.concurrency_key is not None
        return limits.concurrency_key

    assert key("task") == "task t"
    assert key("queue") == "queue q"
    assert key("customer") == 'task t customer={"a":2,"b":1}'
    assert key("missing") == "task t missing=null"
    assert key("text") != key("text", text="x" * 501)
    assert len(key("text")) < 60
    assert limits_of(None, None, "t", "q", {}) is None


@given(LIMITS)
def test_limits_survive_their_row(limits: Limits) -> None:
    assert decode(encode(limits)) == limits


@pytest.mark.parametrize(
    ("value", "limit"),
    [
        (5, Concurrency(5)),
        ("5", Concurrency(5)),
        ({"limit": 5}, Concurrency(5)),
        ({"limit": 1, "key": "queue"}, Concurrency(1, "queue")),
        ({"limit": 100_000, "key": "customer_id"}, Concurrency(100_000, "customer_id")),
    ],
)
def test_the_label_concurrency_limit(value: Any, limit: Concurrency) -> None:
    assert read_concurrency(value) == limit


@pytest.mark.parametrize(
    "value",
    [0, -1, True, 1.5, "many", "", [5], {}, {"key": "task"}, {"limit": 0}, {"limit": 100_001},
     {"limit": 5, "key": 5}, {"limit": 5, "key": ""}, {"limit": 5, "per": 1}],
)  # fmt: skip
def test_what_the_label_concurrency_limit_does_not_take(value: Any) -> None:
    with pytest.raises(ValueError, match="whole number of jobs"):
        read_concurrency(value)


# Rates

RATED = Limits(rate_key="r", rate=3, period=10)
STEPS = st.tuples(st.integers(0, 6), st.integers(0, 4), st.integers(0, 3))


@given(st.lists(STEPS, max_size=30), st.integers(1, 4))
def test_no_span_holds_more_starts_than_the_limit(
    steps: list[tuple[int, int, int]], limit: int
) -> None:
    """Time passes, jobs come, and the postponed come again when they are due."""
    now, number = 0, 0
    starts: tuple[int, ...] = ()
    began: list[int] = []
    due: dict[str, tuple[int, int]] = {}
    for passed, coming, priority in [*steps, *[(10, 0, 0)] * 120]:
        now += passed
        line = []
        ready = [(-due[id][1], due[id][0], int(id)) for id in due if due[id][0] <= now]
        for before, _, id in sorted(ready):
            again = Limits(None, None, "r", limit, 10, True)
            line.append(Candidate(str(id), again, True, -before))
            del due[str(id)]
        for _ in range(coming):
            fresh = Limits(None, None, "r", limit, 10)
            line.append(Candidate(str(number), fresh, True, priority))
            number += 1
        others = Counter(each for _, each in due.values())
        admission = decide(line, Standing({}, {"r": starts}, {"r": others}, now), len(line))
        began += [now] * len(admission.admitted)
        starts = admission.starts.get("r", starts)
        for each in line:
            if each.id in admission.postponed:
                assert admission.postponed[each.id] > now
                due[each.id] = (admission.postponed[each.id], each.priority)
        assert len(admission.admitted) + len(admission.postponed) == len(line)
    assert not due
    assert len(began) == number
    for first, later in zip(began, began[limit:], strict=False):
        assert later - first >= 10


@given(st.lists(st.integers(0, 9), max_size=5).map(sorted), st.integers(1, 5), st.integers(0, 12))
def test_instants_are_those_of_one_start_after_the_other(
    starts: list[int], limit: int, ahead: int
) -> None:
    known = list(starts)
    for _ in range(ahead):
        known.append(instant(known, limit, 10, 9, 0))
    assert instant(starts, limit, 10, 9, ahead) == instant(known, limit, 10, 9, 0)


def test_who_was_postponed_goes_before_those_who_come_later() -> None:
    again = msgspec.structs.replace(RATED, postponed=True)
    line = [Candidate("new", RATED, True), Candidate("old", again, True)]
    standing = Standing({}, {"r": (1, 2, 3)}, {"r": {0: 3, -1: 5}}, 5)
    assert decide(line, standing, 2).postponed == {"old": 11, "new": 21}


def test_the_rate_postpones_and_leaves_the_concurrency_to_others() -> None:
    both = Limits("k", 1, "r", 3, 10)
    line = [Candidate("a", both, True), Candidate("b", Limits("k", 1), False)]
    admission = decide(line, Standing({}, {"r": (1, 2, 3)}, {}, 5), 2)
    assert (admission.admitted, admission.postponed) == (("b",), {"a": 11})
    assert decide(line[:1], Standing({}, {"r": (1, 2, 3)}, {}, 5), 2).open == ("k",)


@pytest.mark.parametrize(
    ("value", "rate"),
    [
        ("5/s", Rate(5, 1.0)),
        ("100/m", Rate(100, 60.0)),
        ("1000/h", Rate(1000, 3600.0)),
        ("5/d", Rate(5, 86400.0)),
        ({"limit": 5, "per": 0.5}, Rate(5, 0.5)),
        ({"limit": 5, "per": timedelta(minutes=1), "key": "host"}, Rate(5, 60.0, "host")),
    ],
)
def test_the_label_rate_limit(value: Any, rate: Rate) -> None:
    assert read_rate(value) == rate


@pytest.mark.parametrize(
    "value",
    [5, "5", "5/x", "/m", "0/m", "-1/m", "1.5/m", "10001/m", True, {}, {"limit": 5}, {"per": 5},
     {"limit": 5, "per": 0}, {"limit": 5, "per": "m"}, {"limit": 5, "per": 1, "key": ""}],
)  # fmt: skip
def test_what_the_label_rate_limit_does_not_take(value: Any) -> None:
    with pytest.raises(ValueError, match="a number of starts"):
        read_rate(value)
