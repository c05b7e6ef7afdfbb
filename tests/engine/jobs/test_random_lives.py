"""Random interleavings on the real ledger, compared step by step with the table of the life cycle.

Two workers, a rescuer, callers that enqueue and cancel, and a clock that is moved by hand. The
model below knows no SQL: it says with `lifecycle.next_state` what each job must have become. So the
table, which no statement asks, is the truth of the SQL.
"""

import asyncio
import os
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from workplace import Claimer, register

from horarium.clock import SetClock
from horarium.database import Database, statement
from horarium.engine import Error, Ledger, NewJob, State
from horarium.engine.jobs.job import Claim
from horarium.engine.jobs.lifecycle import Event, next_state
from horarium.engine.jobs.outcome import Cancelled, Failed, GivenBack, Outcome, Snoozed, Succeeded
from horarium.engine.worker.lease import rescue

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
LEASE = timedelta(seconds=30)
HASTY = {"synchronous_commit": "off"}
OUTCOMES: dict[Event, Outcome] = {
    Event.SUCCEED: Succeeded(b"1"),
    Event.FAIL: Failed(Error("E", "for good")),
    Event.RETRY: Failed(Error("E", "once more"), retry_after=20.0),
    Event.SNOOZE: Snoozed(15.0, "not yet"),
    Event.GIVE_BACK: GivenBack(),
    Event.CANCEL: Cancelled("as ordered"),
}
DELAYS = {Event.RETRY: 20, Event.SNOOZE: 15}


@dataclass
class Model:
    """What a job must be by the rules."""

    id: str
    state: State
    priority: int
    due_at: datetime
    attempt: int = 0
    worker: int | None = None
    cancelling: bool = False
    lost: list[int] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)

    def meet(self, event: Event) -> None:
        self.state = next_state(self.state, event)

    @property
    def order(self) -> tuple[int, datetime, str]:
        return (-self.priority, self.due_at, self.id)

    def seen(self) -> tuple[Any, ...]:
        worker = self.worker if self.state is State.RUNNING else None
        return (self.state.value, self.attempt, worker)


class Lives(RuleBasedStateMachine):
    """Jobs, two workers and a clock."""

    url: str

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = SetClock(NOON)
        self.ledger = Ledger(Database(self.url), self.clock)
        self.jobs: dict[str, Model] = {}
        self.claims: list[Claim] = []
        self.leases: dict[int, datetime] = {}

    def await_(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    @initialize()
    def open(self) -> None:
        self.workers = [self.await_(self._worker()) for _ in range(2)]

    async def _worker(self) -> Claimer:
        connection = await self.ledger.database.connect("lives", HASTY)
        await connection.execute(
            "delete from horarium.jobs; delete from horarium.job_history; "
            "delete from horarium.attempts"
        )
        return Claimer(self.ledger, connection, await self._register(connection))

    async def _register(self, connection: Any) -> int:
        worker = await register(connection, now=self.clock.now, lease=LEASE.total_seconds())
        self.leases[worker] = self.clock.now + LEASE
        return worker

    def teardown(self) -> None:
        async def close() -> None:
            for worker in getattr(self, "workers", []):
                await worker.connection.close()
            await self.ledger.database.close()

        self.await_(close())
        self.loop.close()

    # Callers

    @rule(delay=st.sampled_from([0, 10, 40]), priority=st.integers(-1, 1))
    def enqueue(self, delay: int, priority: int) -> None:
        job = f"job{len(self.jobs)}"
        due_at = self.clock.now + timedelta(seconds=delay)
        new = NewJob(id=job, task="t", priority=priority, due_at=due_at)
        assert self.await_(self.ledger.enqueue(new))
        state = State.SCHEDULED if delay else State.QUEUED
        self.jobs[job] = Model(job, state, priority, due_at)

    @precondition(lambda self: self._unfinished())
    @rule(data=st.data())
    def enqueue_once_more(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from(sorted(self._unfinished())))
        assert not self.await_(self.ledger.enqueue(NewJob(id=job, task="t")))

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        job = self.jobs[data.draw(st.sampled_from(sorted(self.jobs)))]
        became = self.await_(self.ledger.cancel(job.id, "enough"))
        if job.state.final:
            assert became is None
        elif job.state is State.RUNNING:
            assert became is State.RUNNING
            job.cancelling = True
        else:
            assert became is State.CANCELLED
            job.meet(Event.CANCEL)

    # Time

    @rule(seconds=st.sampled_from([1, 9, 16, 31]))
    def time_passes(self, seconds: int) -> None:
        self.clock.set(self.clock.now + timedelta(seconds=seconds))

    @rule(number=st.integers(0, 1))
    def heartbeat(self, number: int) -> None:
        worker = self.workers[number]
        sql = statement("horarium.engine.worker", "renew")
        renewed = self.await_(
            worker.connection.fetchval(sql, worker.worker, LEASE.total_seconds(), self.clock.now)
        )
        if worker.worker in self.leases:
            assert renewed is not None
            self.leases[worker.worker] = self.clock.now + LEASE
        else:
            assert renewed is None
            worker.worker = self.await_(self._register(worker.connection))

    @rule(number=st.integers(0, 1))
    def rescue(self, number: int) -> None:
        lapsed = {each for each, until in self.leases.items() if until <= self.clock.now}
        for worker in lapsed:
            del self.leases[worker]
        lost = [each for each in self._in(State.RUNNING) if each.worker not in self.leases]
        rescued = self.await_(rescue(self.workers[number].connection, self.clock))
        assert {(each.id, each.attempt, each.worker) for each in rescued} == {
            (each.id, each.attempt, each.worker) for each in lost
        }
        for job in lost:
            job.meet(Event.RESCUE)
            job.lost.append(job.attempt)

    # Workers

    @rule(number=st.integers(0, 1))
    def promote(self, number: int) -> None:
        waiting = [*self._in(State.SCHEDULED), *self._in(State.RETRYING)]
        for job in waiting:
            if job.due_at <= self.clock.now:
                job.meet(Event.DUE)
        later = [job.due_at for job in waiting if job.due_at > self.clock.now]
        outlook = self.await_(self.ledger.promote(self.workers[number].connection, None))
        assert outlook.ready == bool(self._in(State.QUEUED))
        due_in = (min(later) - self.clock.now).total_seconds() if later else None
        assert outlook.next_due_in == due_in

    @rule(number=st.integers(0, 1), limit=st.integers(1, 3))
    def claim(self, number: int, limit: int) -> None:
        worker = self.workers[number]
        alive = self.leases.get(worker.worker, NOON) > self.clock.now
        wanted = sorted(self._in(State.QUEUED), key=lambda job: job.order)[:limit] if alive else []
        claims = self.await_(worker.claim(limit))
        assert [claim.id for claim in claims] == [job.id for job in wanted]
        for claim, job in zip(claims, wanted, strict=True):
            job.meet(Event.CLAIM)
            job.attempt += 1
            job.worker = worker.worker
            assert (claim.attempt, claim.worker) == (job.attempt, job.worker)
            assert claim.cancelling == job.cancelling
        self.claims += claims

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), event=st.sampled_from(sorted(OUTCOMES)))
    def finish(self, data: st.DataObject, event: Event) -> None:
        """Report on any claim there ever was, also one that was lost or reported before."""
        claim = data.draw(st.sampled_from(self.claims))
        job = self.jobs[claim.id]
        holds = job.state is State.RUNNING and (job.worker, job.attempt) == (
            claim.worker,
            claim.attempt,
        )
        teller = Claimer(self.ledger, self.workers[0].connection, claim.worker)
        assert self.await_(teller.finish(claim, OUTCOMES[event])) == holds
        if holds:
            self._end_attempt(job, event)

    def _end_attempt(self, job: Model, event: Event) -> None:
        job.meet(event)
        if event is Event.RETRY:
            job.failed.append(job.attempt)
        if event in (Event.SNOOZE, Event.GIVE_BACK):
            job.attempt -= 1
            # The same number may come again: no report on the old claim may count for it.
            self.claims = [claim for claim in self.claims if claim.id != job.id]
        if event in DELAYS:
            job.due_at = self.clock.now + timedelta(seconds=DELAYS[event])

    @rule(data=st.data(), number=st.integers(0, 1))
    def audit(self, data: st.DataObject, number: int) -> None:
        worker = self.workers[number]
        running = [job for job in self._in(State.RUNNING) if job.worker == worker.worker]
        known = {job.id for job in running if data.draw(st.booleans(), label=job.id)}
        returned, cancelling = self.await_(
            self.ledger.audit(worker.connection, worker.worker, sorted(known))
        )
        assert set(returned) == {job.id for job in running} - known
        assert set(cancelling) == {job.id for job in running if job.id in known and job.cancelling}
        for job in running:
            if job.id not in known:
                self._end_attempt(job, Event.GIVE_BACK)

    # What must hold after every step

    @invariant()
    def the_ledger_says_what_the_table_says(self) -> None:
        rows, ended, attempts = self.await_(self._look())
        assert {row["id"]: tuple(row)[1:] for row in rows} == {
            job.id: job.seen() for job in self.jobs.values() if not job.state.final
        }
        assert sorted(tuple(row) for row in ended) == sorted(
            (job.id, job.state.value) for job in self.jobs.values() if job.state.final
        )
        assert sorted(tuple(row) for row in attempts) == sorted(
            (job.id, number, word)
            for job in self.jobs.values()
            for word, numbers in (("lost", job.lost), ("failed", job.failed))
            for number in numbers
        )

    async def _look(self) -> tuple[list[Any], list[Any], list[Any]]:
        if not hasattr(self, "workers"):
            return [], [], []
        connection = self.workers[0].connection
        return (
            await connection.fetch("select id, state, attempt, worker from horarium.jobs"),
            await connection.fetch("select id, state from horarium.job_history"),
            await connection.fetch("select job, attempt, outcome from horarium.attempts"),
        )

    def _in(self, state: State) -> list[Model]:
        return [job for job in self.jobs.values() if job.state is state]

    def _unfinished(self) -> list[str]:
        return [job.id for job in self.jobs.values() if not job.state.final]


@pytest.fixture
def lives(database_url: str) -> type[Lives]:
    Lives.url = database_url
    return Lives


def test_random_lives(lives: type[Lives]) -> None:
    run_state_machine_as_test(
        lives,
        settings=settings(
            max_examples=400 if THOROUGH else 15,
            stateful_step_count=80 if THOROUGH else 40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
