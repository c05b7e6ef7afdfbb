"""On whose behalf the running code acts: what it enqueues belongs to them.

The web says so for the time of a request. A job that names an owner of its own, by its label, keeps
that one. It is carried by a context variable, so that nobody has to hand it through.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_owner: ContextVar[str | None] = ContextVar("horarium_owner", default=None)


def current_owner() -> str | None:
    """Who owns jobs that are enqueued here and name no owner; `None`: nobody."""
    return _owner.get()


def act_for(name: str | None) -> None:
    """Act for somebody from here on; inside `acting`, which ends it."""
    _owner.set(name)


@contextmanager
def acting(name: str | None = None) -> Iterator[None]:
    """Act for somebody, or nobody yet, for the time of a block."""
    token = _owner.set(name)
    try:
        yield
    finally:
        _owner.reset(token)
