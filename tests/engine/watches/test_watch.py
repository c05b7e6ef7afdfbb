"""What a watch wants, and how events are packed into notifications."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from horarium.engine import Watch
from horarium.engine.watches.watch import MOST_BYTES, Watched, packed, unpacked
from horarium.events import (
    JobFailed,
    JobLife,
    JobProgressed,
    JobRescued,
    JobStarted,
    JobSucceeded,
)

SUBJECT: dict[str, Any] = {"id": "a", "task": "t", "queue": "q", "attempt": 1}
names = st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=255)


def started(**more: Any) -> JobStarted:
    return JobStarted(**{**SUBJECT, **more})


@pytest.mark.parametrize(
    ("watch", "wanted"),
    [
        (Watch(), True),
        (Watch(job="a"), True),
        (Watch(job="b"), False),
        (Watch(task="t", queue="q"), True),
        (Watch(task="t", queue="other"), False),
        (Watch(owner="ada"), False),
    ],
)
def test_what_a_watch_wants(watch: Watch, wanted: bool) -> None:
    assert watch.wants(started()) is wanted
    assert Watched([watch, Watch(job="z")]).wants(started()) is wanted


def test_nobody_watches() -> None:
    assert not Watched()
    assert not Watched().wants(started())
    assert Watched([Watch(owner="ada")]).wants(started(owner="ada"))


EVERY = [
    started(),
    JobProgressed(**SUBJECT, fraction=0.5, note="n", number=3),
    JobSucceeded(**SUBJECT, outcome="succeeded", took=0.1),
    JobFailed(**SUBJECT, outcome="failed", took=0.1, error="E: e", traceback="secret"),
    JobRescued(**SUBJECT, worker=3),
]


def test_events_come_back_as_they_were_but_for_what_is_long() -> None:
    (payload,) = packed(EVERY)
    back = list(unpacked(payload))
    short = msgspec.structs.replace(EVERY[3], traceback=None)
    assert back == [*EVERY[:3], short, EVERY[4]]
    assert "secret" not in payload


@given(st.lists(st.tuples(names, names, names, st.text(max_size=3000)), max_size=40))
def test_each_pack_fits_a_notification(rows: list[tuple[str, str, str, str]]) -> None:
    events: list[JobLife] = [
        JobFailed(id=id, task=task, queue=queue, attempt=1, outcome="failed", took=1.0, error=error)
        for id, task, queue, error in rows
    ]
    packs = list(packed(events))
    assert all(len(pack.encode()) <= MOST_BYTES for pack in packs)
    ids = [event and event.id for pack in packs for event in unpacked(pack)]
    assert ids == [row[0] for row in rows]


def test_few_notifications_for_many_events() -> None:
    assert len(list(packed([started(id=str(n)) for n in range(1000)]))) < 15
    assert list(packed([])) == []


def test_what_was_dropped_is_told() -> None:
    (payload,) = packed([started()], dropped=7)
    assert list(unpacked(payload)) == [started(), None]


def test_what_is_not_known_here_is_left_out() -> None:
    newer = '{"event":"teleported","id":"a","task":"t","queue":"q","attempt":1}'
    assert list(unpacked(newer)) == []
    assert list(unpacked("no json")) == [None]
