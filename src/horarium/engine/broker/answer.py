"""The ledger's answer to a call that is being sent.

TaskIQ's kicker calls `broker.kick`, which returns nothing. Which job is there now comes back to the
kicker this way.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from horarium.engine.jobs.job import Enqueued

_current: ContextVar["Answer | None"] = ContextVar("horarium_answer", default=None)


class Answer:
    """Filled in by `kick`; `None`: it was not the ledger's to answer."""

    enqueued: Enqueued | None = None


@contextmanager
def answered() -> Iterator[Answer]:
    """Collect the answer to what is sent inside."""
    answer = Answer()
    token = _current.set(answer)
    try:
        yield answer
    finally:
        _current.reset(token)


def answer(enqueued: Enqueued) -> None:
    """Tell who sends, if anybody wants to know."""
    current = _current.get()
    if current is not None:
        current.enqueued = enqueued
