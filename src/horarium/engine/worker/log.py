"""The worker's log: how jobs end, as one line each.

A failed attempt is an error, and one that was the last says so. Successes are told at the level
``debug`` only; at any other they cost nothing.
"""

import asyncio
import logging
from typing import Any

import structlog

from horarium.engine.worker.companion import Companion
from horarium.events import (
    Event,
    Events,
    JobCancelled,
    JobEnded,
    JobFailed,
    JobGivenBack,
    JobRetried,
    JobSnoozed,
    JobStarted,
    JobSucceeded,
)

_FAILURES = (JobFailed, JobRetried)
_OTHERS = (JobStarted, JobSucceeded, JobCancelled, JobSnoozed, JobGivenBack)
_log = structlog.get_logger()


class JobLog(Companion):
    """Writes what becomes of jobs to the log."""

    def __init__(self, events: Events) -> None:
        self._events = events

    async def run(self) -> None:
        """Write until cancelled."""
        with self._events.subscribed(self._write, *_kinds()):
            await asyncio.Event().wait()

    def _write(self, event: Event) -> None:
        match event:
            case JobFailed():
                trace = {"exception": event.traceback} if event.traceback else {}
                _log.error("a job failed for good", **_fields(event), **trace)
            case JobRetried(retry_after=seconds):
                fields = {**_fields(event), "retry_after": seconds}
                _log.error("an attempt failed; the job is tried again", **fields)
            case JobEnded(outcome=outcome):
                _log.debug(f"an attempt ended: {outcome}", **_fields(event))
            case JobStarted():
                _log.debug("an attempt began", **_subject(event))


def _kinds() -> tuple[type[Event], ...]:
    detailed = logging.getLogger().isEnabledFor(logging.DEBUG)
    return (*_FAILURES, *_OTHERS) if detailed else _FAILURES


def _fields(event: JobEnded) -> dict[str, Any]:
    error = {} if event.error is None else {"error": event.error}
    return {**_subject(event), "took": round(event.took, 3), **error}


def _subject(event: JobStarted | JobEnded) -> dict[str, Any]:
    return {"job": event.id, "task": event.task, "attempt": event.attempt}
