"""`horarium worker list`, beside the `horarium worker` that runs."""

from collections.abc import Callable
from typing import Any

Horarium = Callable[..., Any]


def test_workers_are_listed(horarium: Horarium) -> None:
    assert "no workers" in horarium("worker", "list").out
    assert horarium("worker", "list", "--json").json == []


def test_the_runner_keeps_its_options(horarium: Horarium) -> None:
    assert "--concurrency" in horarium("worker", "--help").out
    assert "--concurrency" in horarium("worker", "--concurrency", "0").error
    assert "lists" in horarium("worker", "lists").error
