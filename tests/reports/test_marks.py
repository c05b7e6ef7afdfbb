"""Which periods a change marks, and when a marked period is built again."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horarium.reports import EVERY, Every, period_at
from horarium.reports.marks import (
    AGAIN,
    PATIENCE,
    QUIET,
    SLOT,
    Change,
    Marked,
    Watched,
    is_due,
    marks_of,
    spacing_of,
    spanned,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
START, END = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ZONES = ["UTC", "Europe/London", "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe"]

slots = st.integers(-20 * 365 * 96, 90 * 365 * 96).map(
    lambda number: datetime(1970, 1, 1, tzinfo=UTC) + number * SLOT
)


@given(st.lists(slots, min_size=1, max_size=5), st.sampled_from(EVERY), st.sampled_from(ZONES))
def test_whenever_an_order_of_a_changed_slot_was_placed_its_period_is_marked(
    changed: list[datetime], every: Every, zone: str
) -> None:
    marks = marks_of(
        [Change(slot, NOON, NOON) for slot in sorted(changed)], [Watched("r", every, zone)]
    )
    marked = {mark.period for mark in marks}
    assert len(marked) == len(marks)
    for slot in changed:
        for within in (timedelta(), SLOT / 2, SLOT - timedelta(microseconds=1)):
            assert period_at(slot + within, every, zone) in marked
    assert all(
        any(period.starts_at < slot + SLOT and slot < period.ends_at for slot in changed)
        for period in marked
    )


def test_many_changes_of_a_period_are_one_mark() -> None:
    changes = [Change(START + n * SLOT, NOON + n * MINUTE, NOON + n * MINUTE) for n in range(96)]
    watched = [Watched("orders", "day", "UTC"), Watched("sales", "month", "UTC")]
    marks = marks_of(changes, watched)
    assert [(mark.report, mark.first_at, mark.last_at) for mark in marks] == [
        ("orders", NOON, NOON + 95 * MINUTE),
        ("sales", NOON, NOON + 95 * MINUTE),
    ]


def test_an_order_of_a_year_that_has_no_end_marks_nothing() -> None:
    last = datetime(9999, 12, 31, 23, 45, tzinfo=UTC)
    assert marks_of([Change(last, NOON, NOON)], [Watched("r", "month", "UTC")]) == []


@given(slots, st.integers(1, 40 * 96), st.sampled_from(EVERY[1:]), st.sampled_from(ZONES))
def test_a_span_is_covered_by_its_periods(
    start: datetime, length: int, every: Every, zone: str
) -> None:
    end = start + length * SLOT
    found = spanned(start, end, every, zone)
    assert found[0].starts_at <= start < found[0].ends_at
    assert found[-1].starts_at < end <= found[-1].ends_at
    assert all(a.ends_at == b.starts_at for a, b in pairwise(found))


def marked(
    waited: timedelta,
    rested: timedelta,
    *,
    enqueued: timedelta | None = None,
    checked: timedelta | None = None,
) -> Marked:
    """A mark of 2 March, by how long before `now` things happened."""
    return Marked(
        report="orders",
        starts_at=START,
        ends_at=END,
        waiting_since=-waited + EPOCH,
        last_changed_at=-rested + EPOCH,
        enqueued_at=None if enqueued is None else EPOCH - enqueued,
        checked_at=None if checked is None else EPOCH - checked,
    )


EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
NOTHING = timedelta()


@pytest.mark.parametrize(
    ("mark", "now", "due"),
    [
        (marked(NOTHING, NOTHING), END, False),
        (marked(QUIET, QUIET), END, True),
        (marked(PATIENCE - MINUTE / 60, NOTHING), END, False),
        (marked(PATIENCE, NOTHING), END, True),
        (marked(MINUTE, MINUTE, enqueued=MINUTE), END, False),
        (marked(MINUTE, MINUTE, enqueued=AGAIN), END, True),
        (marked(MINUTE, MINUTE), START - MINUTE, False),
        (marked(MINUTE, MINUTE), NOON, True),
        (marked(MINUTE, MINUTE, checked=MINUTE), NOON, False),
        (marked(MINUTE, MINUTE, checked=2 * MINUTE), NOON, True),
        (marked(MINUTE, MINUTE, checked=MINUTE), END, True),
    ],
)
def test_when_a_marked_period_is_built(mark: Marked, now: datetime, due: bool) -> None:
    shift = now - EPOCH
    moved = {
        name: at + shift
        for name in ("waiting_since", "last_changed_at", "enqueued_at", "checked_at")
        if (at := getattr(mark, name)) is not None
    }
    fields = {name: getattr(mark, name) for name in mark.__struct_fields__}
    assert is_due(Marked(**{**fields, **moved}), now, 2 * MINUTE) is due


def test_what_is_not_over_is_not_built_all_the_time() -> None:
    assert spacing_of(60, None) == MINUTE
    assert spacing_of(60, 2.0) == MINUTE
    assert spacing_of(60, 30.0) == 5 * MINUTE
