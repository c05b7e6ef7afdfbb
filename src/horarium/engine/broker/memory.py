"""A ledger in memory, which runs its jobs itself; see `horarium.engine.broker.inline`."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from horarium.database import Database
from horarium.engine.broker.broker import LedgerBroker
from horarium.engine.broker.execution import Execution
from horarium.engine.jobs.acceptance import check
from horarium.engine.jobs.failure import describe
from horarium.engine.jobs.inquiry import Filter
from horarium.engine.jobs.job import Claim, Enqueued, Error, Job, NewJob, State, UniqueKey
from horarium.engine.jobs.ledger import Ledger
from horarium.engine.jobs.outcome import (
    Again,
    Cancelled,
    Failed,
    GivenBack,
    Outcome,
    Snoozed,
    Succeeded,
)
from horarium.engine.worker.run import Run, interrupted
from horarium.errors import InvalidInput, Unavailable


def _now() -> datetime:
    return datetime.now(UTC)


async def _nowhere() -> str:
    raise Unavailable(
        "an inline broker has no database; test what needs one with the fixture horarium_app"
    )


class InlineLedger(Ledger):
    """Jobs in memory, run by the call that enqueues them, or by `run_all`.

    Args:
        at_once: a job is run before its enqueue returns.
    """

    def __init__(self, broker: LedgerBroker, *, at_once: bool = True) -> None:
        super().__init__(Database(_nowhere), _now)
        self._broker = broker
        self._at_once = at_once
        self._asked: dict[str, NewJob] = {}
        self._shown: dict[str, Job] = {}
        self._runs: dict[str, Run] = {}
        self._errors: dict[str, BaseException] = {}
        self.running: set[asyncio.Task[None]] = set()
        self._execution: Execution | None = None

    # Enqueue

    async def enqueue(self, job: NewJob) -> Enqueued:
        """Keep a job, unless one with its id, or under its unique key, is there already."""
        check(job)
        there = self._there(job)
        if there is not None:
            if job.unique is not None and job.unique.debounce:
                kept = msgspec.structs.replace(job, id=there, unique=self._asked[there].unique)
                self._keep(kept)
            return Enqueued(there, False)
        self._keep(job)
        if self._at_once:
            await self._run(job.id)
        return Enqueued(job.id, True)

    async def enqueue_many(self, jobs: Iterable[NewJob]) -> int:
        """Keep many jobs; returns how many."""
        return sum([(await self.enqueue(job)).is_new for job in jobs])

    async def enqueue_missing(self, jobs: Iterable[NewJob]) -> int:
        """Keep those of many unique jobs that are not there yet; returns how many were not."""
        return await self.enqueue_many(jobs)

    def _there(self, job: NewJob) -> str | None:
        same = self._shown.get(job.id)
        if same is not None and not same.state.final:
            return job.id
        unique = job.unique
        if unique is None:
            return None
        return next((id for id in reversed(self._asked) if self._holds(id, unique)), None)

    def _holds(self, id: str, unique: UniqueKey) -> bool:
        held, job = self._asked[id].unique, self._shown[id]
        if held is None or held.key != unique.key or job.state not in unique.states:
            return False
        age = (_now() - job.enqueued_at).total_seconds()
        return unique.period is None or age <= unique.period

    def _keep(self, job: NewJob) -> None:
        now = _now()
        self._asked[job.id] = job
        self._shown[job.id] = Job(
            id=job.id, task=job.task, queue=job.queue, priority=job.priority, state=State.QUEUED,
            due_at=job.due_at or now, enqueued_at=now, started_at=None, finished_at=None,
            attempt=0, worker=None, owner=job.owner, schedule=job.schedule,
            fired_for=job.fired_for, arguments=_raw(job.arguments), labels=_raw(job.labels),
            result=None, error=None,
        )  # fmt: skip

    # Run

    async def run_all(self) -> None:
        """Run what is queued, with what that enqueues, and once more each job that has snoozed."""
        for id in [id for id, job in self._shown.items() if job.state is State.SCHEDULED]:
            await self._run(id)
        while queued := [id for id, job in self._shown.items() if job.state is State.QUEUED]:
            for id in queued:
                await self._run(id)

    async def _run(self, id: str) -> None:
        """Run a job in an asyncio task of its own: it may itself be called from a task."""
        attempts = asyncio.create_task(self._attempts(id))
        self.running.add(attempts)
        attempts.add_done_callback(self.running.discard)
        try:
            await asyncio.shield(attempts)
        except asyncio.CancelledError:
            # TaskIQ makes an error of a cancellation, and retries would follow.
            if id in self._runs:
                self._runs[id].giving_back = True
            attempts.cancel()
            await asyncio.wait([attempts])
            raise

    async def _attempts(self, id: str) -> None:
        while not self._shown[id].state.final:
            run = self._runs[id] = Run(self._claim(id), self.database)
            outcome = await self._attempt(run)
            await run.roll_back()
            self._record(id, outcome)
            self._remember(id, run)
            if run.afterwards is not None and isinstance(outcome, Succeeded | Failed):
                await run.afterwards()
            if isinstance(outcome, GivenBack) or (isinstance(outcome, Snoozed) and outcome.delay):
                return

    def _remember(self, id: str, run: Run) -> None:
        """What a table could not keep: the exception itself, and what was told in the attempt."""
        self._errors.pop(id, None)
        if run.error is not None:
            self._errors[id] = run.error
        if run.mark.number:
            self._change(id, progress=run.mark)

    async def _attempt(self, run: Run) -> Outcome:
        if self._execution is None:
            self._broker.add_recorder()
            self._execution = Execution(self._broker)
        run.task = asyncio.current_task()
        run.enter()
        run.executing = True
        try:
            return await self._execution(run)
        except asyncio.CancelledError:
            return interrupted(run)
        except Exception as error:  # noqa: BLE001 - a user's task, dependency or middleware
            return Failed(describe(error))
        finally:
            run.executing = False

    def _claim(self, id: str) -> Claim:
        job, now = self._asked[id], _now()
        shown = self._shown[id]
        attempt = shown.attempt if shown.state is State.SCHEDULED else shown.attempt + 1
        self._change(id, state=State.RUNNING, attempt=attempt, started_at=now)
        return Claim(
            id=id, task=job.task, attempt=attempt, worker=0, queue=job.queue,
            priority=job.priority, due_at=shown.due_at, started_at=now, arguments=job.arguments,
            payload=job.payload, labels=job.labels, owner=job.owner, schedule=job.schedule,
            fired_for=job.fired_for, expired=False, cancelling=False, limits=job.limits,
        )  # fmt: skip

    def _record(self, id: str, outcome: Outcome) -> None:
        match outcome:
            case Succeeded(result):
                self._end(id, State.SUCCEEDED, result=_raw(result), error=None)
            case Failed(error, None):
                self._end(id, State.FAILED, error=error)
            case Failed(error, _, again):
                self._change(id, state=State.RETRYING, error=error)
                self._call_again(id, again)
            case Cancelled(reason):
                self._end(id, State.CANCELLED, error=Error("Cancelled", reason))
            case Snoozed(_, reason, again, kind):
                self._change(id, state=State.SCHEDULED, error=Error(kind, reason))
                self._call_again(id, again)
            case GivenBack():
                self._change(id, state=State.QUEUED)

    def _call_again(self, id: str, again: Again | None) -> None:
        if again is not None:
            values = msgspec.structs.asdict(again)
            self._asked[id] = msgspec.structs.replace(self._asked[id], **values)

    def _end(self, id: str, state: State, **changes: Any) -> None:
        self._change(id, state=state, finished_at=_now(), **changes)

    def _change(self, id: str, **changes: Any) -> None:
        self._shown[id] = msgspec.structs.replace(self._shown[id], **changes)

    # Look

    async def find(self, id: str) -> Job | None:
        """The job with this id."""
        return self._shown.get(id)

    async def jobs(
        self, which: Filter | None = None, *, page: int = 1, count: int = 10
    ) -> list[Job]:
        """A page of jobs, newest first.

        Raises:
            InvalidInput: the filter asks for what an inline ledger cannot look for.
        """
        which = which or Filter()
        if which.since or which.until or which.arguments:
            raise InvalidInput("filter", "an inline ledger finds jobs by state, task and queue")
        found = [job for job in reversed(self._shown.values()) if _matches(job, which)]
        return found[(page - 1) * count : page * count]

    def error(self, id: str) -> BaseException | None:
        """What the last attempt of a job raised, itself."""
        return self._errors.get(id)

    async def expect(self, id: str) -> bool:
        """Whether this job has not ended."""
        return not (await self.show(id)).state.final

    async def cancel(self, id: str, reason: str) -> State | None:
        """End a job that has not begun."""
        job = self._shown.get(id)
        if job is None or job.state.final or job.state is State.RUNNING:
            return None
        self._end(id, State.CANCELLED, error=Error("Cancelled", reason))
        return State.CANCELLED


def _matches(job: Job, which: Filter) -> bool:
    wanted = {name: getattr(which, name) for name in ("state", "task", "queue", "owner")}
    asked = all(value in (None, getattr(job, name)) for name, value in wanted.items())
    return asked and job.task not in which.without


def _raw(data: bytes | None) -> msgspec.Raw | None:
    return None if data is None else msgspec.Raw(data)
