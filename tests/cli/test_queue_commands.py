"""`horarium queue`, as a user meets it."""

from collections.abc import Callable
from typing import Any

Horarium = Callable[..., Any]


def test_a_queue_is_paused_and_resumed(horarium: Horarium) -> None:
    assert "no queues" in horarium("queue", "list").out
    paused = horarium("queue", "pause", "mail", "--note", "the server is down")
    assert (paused.status, paused.out) == (0, "The queue mail is paused.\n")
    assert "the server is down" in horarium("queue", "list").out
    (queue,) = horarium("queue", "list", "--json").json
    assert queue["note"] == "the server is down"
    assert horarium("queue", "resume", "mail", "--json").json["paused_at"] is None
    assert horarium("queue", "list", "--json").json == []


def test_a_queue_that_is_not_there(horarium: Horarium) -> None:
    done = horarium("queue", "resume", "mial")
    assert (done.status, done.out) == (1, "")
    assert "no queue 'mial'" in done.error
    assert horarium("queue", "pause", "").status == 2
    assert horarium("queue", "pause").status == 2
