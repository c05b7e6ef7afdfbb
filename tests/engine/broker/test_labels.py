from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from taskiq import Context, TaskiqDepends
from workplace import AtWork

from horarium.database import Database
from horarium.engine import Ledger, LedgerBroker
from horarium.engine.broker.labels import (
    DECLARED_ONLY,
    IN_COLUMNS,
    Options,
    arrived,
    differing,
    read,
)
from horarium.engine.jobs.retry import NEVER, Retry
from horarium.errors import InvalidInput
from horarium.events import Events
from horarium.settings import Settings

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)

GOOD: list[tuple[str, Any, str, Any]] = [
    ("queue", "mail", "queue", "mail"),
    ("queue_name", "mail", "queue", "mail"),
    ("priority", 9, "priority", 9),
    ("priority", "-32768", "priority", -32768),
    ("priority", 5.0, "priority", 5),
    ("delay", 0, "delay", 0.0),
    ("delay", "1.5", "delay", 1.5),
    ("delay", timedelta(minutes=1), "delay", 60.0),
    ("eta", NOON, "due_at", NOON),
    ("eta", "2024-05-01T14:00:00+02:00", "due_at", NOON),
    ("eta", "2024-05-01T12:00:00Z", "due_at", NOON),
    ("expires", 60, "expires_after", 60.0),
    ("expires", timedelta(hours=1), "expires_after", 3600.0),
    ("owner", "ada", "owner", "ada"),
    ("timeout", 0.5, "timeout", 0.5),
    ("timeout", timedelta(seconds=2), "timeout", 2.0),
]

RETRIES: list[tuple[dict[str, Any], Retry]] = [
    ({}, NEVER),
    ({"retry_on_error": True}, Retry(limit=3)),
    ({"retry_on_error": "True", "max_retries": "7"}, Retry(limit=7)),
    ({"max_retries": 2}, Retry(limit=2)),
    ({"retry_on_error": False, "max_retries": 2}, Retry(limit=0)),
    ({"retry_on": ValueError}, Retry(limit=3, only=frozenset({"ValueError"}))),
    ({"types_of_exceptions": [ValueError]}, Retry(limit=3, only=frozenset({"ValueError"}))),
    (
        {"max_retries": 1, "discard_on": (KeyError, OSError)},
        Retry(limit=1, never=frozenset({"KeyError", "OSError"})),
    ),
    (
        {"max_retries": 4, "retry_delay": [1, 2], "retry_max_delay": 60},
        Retry(limit=4, delay=(1.0, 2.0), longest=60.0),
    ),
    (
        {"max_retries": 4, "retry_delay": "2", "retry_backoff": True, "retry_jitter": True},
        Retry(limit=4, delay=2.0, backoff=2.0, jitter=0.5),
    ),
    (
        {"max_retries": 4, "retry_backoff": "1.5", "retry_jitter": 0.25},
        Retry(limit=4, backoff=1.5, jitter=0.25),
    ),
]

OUT_OF_RANGE = [
    # PostgreSQL's words for always and never, and what is one of them in another zone.
    datetime.min.replace(tzinfo=UTC),
    datetime.max.replace(tzinfo=UTC),
    datetime.max.replace(tzinfo=timezone(timedelta(hours=-12))),
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59Z",
]

BAD: dict[str, list[Any]] = {
    "queue": ["", "x" * 256, 7, "a\0b"],
    "queue_name": [b"mail"],
    "priority": ["high", 32768, -32769, 1.5, True, [1]],
    "delay": [-1, "soon", float("nan"), float("inf"), True, 10**9, [5]],
    "eta": ["tomorrow", datetime(2024, 5, 1), "2024-05-01T12:00:00", 5, *OUT_OF_RANGE],  # noqa: DTZ001
    "expires": [0, -1, "never", timedelta(0)],
    "owner": ["", 5],
    "timeout": [0, "long", timedelta(0)],
    "max_retries": [-1, 1.5, "many", True],
    "retry_on_error": ["yes", 1],
    "retry_delay": [[], [-1], "soon", ["x"]],
    "retry_backoff": [0.5, 101, "fast", float("nan"), [2]],
    "retry_max_delay": [0, "x"],
    "retry_jitter": [-0.1, 1.1, "much"],
    "retry_on": ["ValueError", [5], ValueError("x")],
    "discard_on": [int],
    "types_of_exceptions": [[str]],
}


@pytest.mark.parametrize(("label", "value", "field", "read_as"), GOOD)
def test_good_values(label: str, value: Any, field: str, read_as: Any) -> None:
    assert getattr(read({label: value}), field) == read_as


@pytest.mark.parametrize(("labels", "rule"), RETRIES)
def test_rules_of_retries(labels: dict[str, Any], rule: Retry) -> None:
    assert read(labels).retry == rule


@pytest.mark.parametrize(
    ("label", "value"), [(label, value) for label, values in BAD.items() for value in values]
)
def test_a_bad_value_is_refused_with_the_labels_name_and_what_it_takes(
    broker_of_the_moment: LedgerBroker, label: str, value: Any
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read({label: value})
    assert refusal.value.field == label
    assert "it takes " in refusal.value.reason
    assert "could not convert" not in refusal.value.reason

    async def declared() -> None: ...

    with pytest.raises(InvalidInput, match=f"^{label}: "):
        broker_of_the_moment.task(**{label: value})(declared)


@pytest.fixture
def broker_of_the_moment() -> LedgerBroker:
    """One that never sees a database: a label is refused where the task is declared."""
    return LedgerBroker(Ledger(Database("postgresql://nowhere/")), Settings(), Events())


@given(
    st.dictionaries(
        st.sampled_from(sorted(BAD)),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text()),
    )
)
def test_any_labels_are_read_or_refused(labels: dict[str, Any]) -> None:
    refused: str | None = None
    try:
        assert isinstance(read(labels), Options)
    except InvalidInput as refusal:
        refused = refusal.field
    assert refused is None or refused in labels


def test_labels_that_mean_nothing_to_the_ledger_are_left_alone() -> None:
    assert read({"colour": "red", "priority": None}) == Options()


def test_only_what_differs_from_the_declaration_travels() -> None:
    declared = {"timeout": 5, "colour": "red", "queue": "mail", "retry_on": ValueError}
    assert differing(declared, declared) == {}
    assert differing({**declared, "timeout": 6, "note": "x", "queue": "q"}, declared) == {
        "timeout": 6,
        "note": "x",
    }
    assert not IN_COLUMNS & DECLARED_ONLY


async def test_labels_of_a_call_arrive_with_their_types(
    broker: LedgerBroker, at_work: AtWork
) -> None:
    seen: dict[str, Any] = {}
    labels = {"n": 1, "yes": True, "part": 0.5, "raw": b"\xff\x00", "list": [1], "map": {"k": 1}}

    @broker.task(declared=b"too")
    async def look(context: Annotated[Context, TaskiqDepends()]) -> None:
        seen.update(context.message.labels)

    async with at_work():
        sent = await look.kicker().with_labels(**labels).kiq()
        result = await sent.wait_result(timeout=60)
    wanted = {**labels, "declared": b"too"}
    assert {name: seen[name] for name in wanted} == wanted
    assert {name: result.labels[name] for name in wanted} == wanted


@pytest.mark.parametrize("value", [{"$bytes": 5}, {"$bytes": "a"}, {"$bytes": "YQ==", "more": 1}])
def test_a_mapping_that_only_looks_like_bytes_is_left_alone(value: Any) -> None:
    assert arrived({"x": value}) == {"x": value}
