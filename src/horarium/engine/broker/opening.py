"""From a claimed job's columns to the message that it is run with."""

from typing import TYPE_CHECKING, Any

import msgspec
from taskiq.message import TaskiqMessage

from horarium.engine.broker.message import deliver, received, sent_call
from horarium.engine.broker.seal import CannotOpen
from horarium.engine.jobs.failure import MOST_MESSAGE, describe
from horarium.engine.jobs.job import Claim, Error
from horarium.engine.jobs.outcome import Failed, Outcome, Snoozed
from horarium.engine.jobs.payload import CALL, PACKED, is_pickle
from horarium.engine.jobs.storable import storable
from horarium.errors import HorariumError

if TYPE_CHECKING:
    from horarium.engine.broker.broker import LedgerBroker

_PAUSE = 60.0
"""Seconds until a job that nobody here has the key of is looked at again."""


class PickleRefused(HorariumError):
    """A message is a pickle, which runs what it says while it is read."""


def opened(broker: "LedgerBroker", claim: Claim) -> Claim:
    """The claim with its call in `arguments`, or with a user's own bytes in `payload`.

    Raises:
        CannotOpen: it is sealed with another key.
        PickleRefused: it is a pickle.
    """
    if claim.payload is None:
        return claim
    payload = broker.seal.opened(claim.payload)
    if is_pickle(payload):
        raise PickleRefused(f"the message of {claim.task} is a pickle, which is never read")
    if payload.startswith((CALL, PACKED)):
        call = payload.removeprefix(CALL)
        return msgspec.structs.replace(claim, arguments=call, payload=None)
    return msgspec.structs.replace(claim, payload=payload)


def message_of(broker: "LedgerBroker", claim: Claim, declared: dict[str, Any]) -> TaskiqMessage:
    """The message of a claimed job; raises as `opened` does."""
    claim = opened(broker, claim)
    if claim.payload is None:
        return received(claim, declared)
    message = broker.formatter.loads(claim.payload)
    message.parse_labels()
    return message


def data_of(broker: "LedgerBroker", claim: Claim, declared: dict[str, Any]) -> bytes:
    """The bytes that the broker's formatter reads under TaskIQ's receiver; raises as `opened`."""
    claim = opened(broker, claim)
    if claim.payload is not None:
        return claim.payload
    if not broker.keeps_arguments:
        # A job that was kept without it; here a formatter of the user's is to read it.
        return broker.formatter.dumps(received(claim, declared)).message
    if (claim.arguments or b"").startswith(PACKED):
        return sent_call(claim.arguments or b"", received(claim, declared))
    return deliver(claim, declared)


def unreadable(claim: Claim, error: Exception) -> Outcome:
    """A job whose message is not what messages are: another attempt would not read it either."""
    reason = storable(f"the message of {claim.task} cannot be read: {error}")
    return Failed(Error("UnreadableMessage", reason[:MOST_MESSAGE], describe(error).traceback))


def sealed_away(error: CannotOpen) -> Outcome:
    """A job whose key is not here waits: another worker, or this one tomorrow, may have it."""
    return Snoozed(_PAUSE, str(error), kind="CannotOpen")
