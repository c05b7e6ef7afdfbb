"""A job that is given the results of those that it has waited for: its call, completed.

Which jobs those are, and in which order, the ledger knows; that the job takes their results, a
label says. It is done when an attempt starts, so that nothing is copied while the job waits. The
row keeps the call as it was sent: every attempt reads the results anew.
"""

from typing import TYPE_CHECKING, Any

import msgspec

from horarium.database import statement
from horarium.engine.broker.message import decode_call, encode_call
from horarium.engine.broker.opening import PickleRefused, opened, sealed_away
from horarium.engine.broker.seal import CannotOpen
from horarium.engine.jobs.acceptance import MOST_ARGUMENTS
from horarium.engine.jobs.composition import OnFailure, Takes
from horarium.engine.jobs.failure import describe
from horarium.engine.jobs.job import Claim, Error, State
from horarium.engine.jobs.outcome import Failed, Outcome, Snoozed
from horarium.engine.jobs.payload import PACKED
from horarium.outage import TRANSIENT

if TYPE_CHECKING:
    from horarium.engine.broker.broker import LedgerBroker

TAKES = "_takes"
"""The label that says what a job takes; it is gone when the task sees its message."""

_MARK = b'"_takes"'
_PAUSE = 1.0
_PAUSE_FOR_REPETITION = 5.0


def takes_results(claim: Claim) -> bool:
    """Whether the call of a job may have to be completed; cheap, for it is asked of every job."""
    return claim.labels is not None and _MARK in claim.labels


async def completed(broker: "LedgerBroker", claim: Claim) -> Claim | Outcome:
    """The claim with its whole call, or what becomes of a job whose call cannot be completed."""
    labels = msgspec.json.decode(claim.labels or b"{}")
    takes = labels.pop(TAKES, None)
    if takes not in (Takes.ONE, Takes.ALL):
        return claim
    try:
        inputs = await _inputs(broker, claim.id)
        claim = opened(broker, claim)
        refused = _refusal(inputs)
        if refused is not None:
            return refused
        values = [_value(broker, row) for row in inputs]
    except TRANSIENT as error:
        return Snoozed(_PAUSE, f"the results that it takes could not be read: {error}")
    except CannotOpen as error:
        return sealed_away(error)
    except PickleRefused as error:
        return Failed(describe(error))
    first = values if takes == Takes.ALL else values[0]
    left = msgspec.json.encode(labels) if labels else None
    return msgspec.structs.replace(_with_first(broker, claim, first), labels=left)


async def _inputs(broker: "LedgerBroker", job: str) -> list[Any]:
    async with broker.ledger.database.connection() as connection:
        rows: list[Any] = await connection.fetch(
            statement("horarium.engine.jobs", "inputs"), job, MOST_ARGUMENTS
        )
        return rows


def _refusal(inputs: list[Any]) -> Outcome | None:
    """Why the results cannot be taken, if they cannot."""
    if not inputs:
        return _failed("what it waited for is not kept any more, and its results with it")
    for row in inputs:
        if row["unfinished"]:
            reason = f"job {row['on_job']!r}, whose result it takes, is being run again"
            return Snoozed(_PAUSE_FOR_REPETITION, reason)
        if row["state"] is None:
            return _failed(f"the result of job {row['on_job']!r} is not kept any more")
        if row["state"] != State.SUCCEEDED and row["on_failure"] == OnFailure.STOP:
            return _failed(
                f"job {row['on_job']!r} ({row['task']}), whose result it takes, did not "
                f"succeed: it is {row['state']}"
            )
        if row["state"] == State.SUCCEEDED and row["is_null"]:
            return _failed(f"job {row['on_job']!r} ({row['task']}) succeeded, but left no result")
    size = inputs[-1]["bytes"]
    if size > MOST_ARGUMENTS:
        return _failed(
            f"the results of the {len(inputs):,} jobs that it waited for have {size:,} bytes; a "
            f"job takes at most {MOST_ARGUMENTS:,}. Store the data and return its key instead"
        )
    return None


def _failed(reason: str) -> Failed:
    return Failed(Error("ResultsNotAvailable", reason))


def _value(broker: "LedgerBroker", row: Any) -> Any:
    """A result as plain data; of a job that did not succeed there is none."""
    if row["state"] != State.SUCCEEDED:
        return None
    return msgspec.json.decode(broker.seal.opened_result(row["result"]))


def _with_first(broker: "LedgerBroker", claim: Claim, first: Any) -> Claim:
    """The claim whose call has one more argument, before the others."""
    if claim.payload is None:
        given = claim.arguments or b""
        call, packed = decode_call(given), given.startswith(PACKED)
        whole = encode_call(claim.task, [first, *call.args], call.kwargs, packed=packed)
        return msgspec.structs.replace(claim, arguments=whole)
    message = broker.formatter.loads(claim.payload)
    message.args = [first, *message.args]
    message.labels.pop(TAKES, None)
    return msgspec.structs.replace(claim, payload=broker.formatter.dumps(message).message)
