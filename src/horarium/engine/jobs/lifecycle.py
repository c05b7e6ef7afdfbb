"""The life cycle of a job: one table, to which the SQL is held.

`next_state` answers for every pair of state and event; a pair that is not in the table cannot
happen, and asking for it raises `ImpossibleTransition`.

No statement asks: each moves only rows that are in the states it names. That these are the
table's is proved by stateful tests, which drive the real ledger at random and ask here what must
have become of every job: `test_random_lives` one job's course, `test_random_turns` limits, unique
jobs and running again.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from horarium.engine.jobs.job import State
from horarium.errors import HorariumError


class Event(StrEnum):
    """What can happen to a job."""

    DUE = "due"
    """Its time has come, or what it waited for has ended."""
    CLAIM = "claim"
    HOLD = "hold"
    """It waits: as many as are allowed run under its key, or others have to end before it."""
    POSTPONE = "postpone"
    """Its time has not come: a further call of a debounced one pushed it, or it has only waited."""
    SUCCEED = "succeed"
    FAIL = "fail"
    RETRY = "retry"
    SNOOZE = "snooze"
    """The task asked to be run again later; the attempt does not count."""
    GIVE_BACK = "give back"
    """The worker stops and returns what it has not finished."""
    RESCUE = "rescue"
    """The worker's lease has lapsed."""
    CANCEL = "cancel"
    SET_ASIDE = "be set aside"
    """Nobody can read its row, which another hand has written."""
    RUN_AGAIN = "run again"
    """A finished job is asked for once more, by hand."""


class ImpossibleTransition(HorariumError):
    """An event met a job in a state in which it cannot happen."""


TRANSITIONS: Mapping[tuple[State, Event], State] = MappingProxyType(
    {
        (State.SCHEDULED, Event.DUE): State.QUEUED,
        (State.RETRYING, Event.DUE): State.QUEUED,
        (State.WAITING, Event.DUE): State.QUEUED,
        (State.QUEUED, Event.CLAIM): State.RUNNING,
        (State.WAITING, Event.CLAIM): State.RUNNING,
        (State.QUEUED, Event.HOLD): State.WAITING,
        (State.SCHEDULED, Event.POSTPONE): State.SCHEDULED,
        (State.QUEUED, Event.POSTPONE): State.SCHEDULED,
        (State.WAITING, Event.POSTPONE): State.SCHEDULED,
        (State.RUNNING, Event.SUCCEED): State.SUCCEEDED,
        (State.RUNNING, Event.FAIL): State.FAILED,
        (State.RUNNING, Event.RETRY): State.RETRYING,
        (State.RUNNING, Event.SNOOZE): State.SCHEDULED,
        (State.RUNNING, Event.GIVE_BACK): State.QUEUED,
        (State.RUNNING, Event.RESCUE): State.QUEUED,
        (State.SCHEDULED, Event.CANCEL): State.CANCELLED,
        (State.QUEUED, Event.CANCEL): State.CANCELLED,
        (State.RETRYING, Event.CANCEL): State.CANCELLED,
        (State.WAITING, Event.CANCEL): State.CANCELLED,
        (State.RUNNING, Event.CANCEL): State.CANCELLED,
        (State.SCHEDULED, Event.SET_ASIDE): State.FAILED,
        (State.QUEUED, Event.SET_ASIDE): State.FAILED,
        (State.RETRYING, Event.SET_ASIDE): State.FAILED,
        (State.WAITING, Event.SET_ASIDE): State.FAILED,
        (State.RUNNING, Event.SET_ASIDE): State.FAILED,
        (State.FAILED, Event.RUN_AGAIN): State.QUEUED,
        (State.CANCELLED, Event.RUN_AGAIN): State.QUEUED,
        (State.SUCCEEDED, Event.RUN_AGAIN): State.QUEUED,
    }
)


def next_state(state: State, event: Event) -> State:
    """The state that follows.

    Raises:
        ImpossibleTransition: the event cannot happen to a job in this state.
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise ImpossibleTransition(f"a job that is {state} cannot {event}") from None
