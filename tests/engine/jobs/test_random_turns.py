"""Random interleavings of jobs with limits and unique jobs, in queues that are paused and resumed.

Whose turn comes next is not modelled here. What is: every change of a job's state is one that the
table of the life cycle allows for what has just been done, no limit is exceeded at any moment, no
two unfinished jobs share a unique key, a paused queue hands out nothing, and in the end, when
everybody is let go on, nobody has waited in vain.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Coroutine, Iterable, Sequence
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
from workplace import Claimer, admit, register

from horarium.clock import SetClock
from horarium.database import Connection, Database
from horarium.engine import Error, Ledger, NewJob, State
from horarium.engine.jobs import gate
from horarium.engine.jobs.job import Claim, UniqueKey
from horarium.engine.jobs.lifecycle import TRANSITIONS, Event
from horarium.engine.jobs.limits import Limits, decode, encode
from horarium.engine.jobs.outcome import Cancelled, Failed, GivenBack, Outcome, Snoozed, Succeeded
from horarium.engine.jobs.queues import Queues
from horarium.engine.jobs.uniqueness import UNFINISHED
from horarium.engine.worker.lease import rescue
from horarium.errors import Conflict

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
LEASE = timedelta(seconds=30)
PERIOD = 20_000_000
LIMITS = {
    "none": None,
    "one": Limits("one", 1),
    "two": Limits("two", 2),
    "rated": Limits(rate_key="rated", rate=2, period=PERIOD),
    "both": Limits("one", 1, "rated", 2, PERIOD),
}
QUEUES = ("a", "b")
CALLS = st.tuples(
    st.sampled_from(["one", "one", "two", "two", "rated", "both", "none"]),
    st.sampled_from([None, None, None, "x", "y"]),
    st.sampled_from(QUEUES),
    st.sampled_from([0, 0, 0, 10]),
    st.integers(-1, 1),
)
OUTCOMES: dict[Event, Outcome] = {
    Event.SUCCEED: Succeeded(b"1"),
    Event.FAIL: Failed(Error("E", "for good")),
    Event.RETRY: Failed(Error("E", "once more"), retry_after=20.0),
    Event.SNOOZE: Snoozed(15.0, "not yet"),
    Event.GIVE_BACK: GivenBack(),
    Event.CANCEL: Cancelled("as ordered"),
}
MOVES = (Event.DUE, Event.HOLD, Event.POSTPONE)
"""What the gate does to others, whatever was done to one."""
ROUNDS = 400


def reachable(state: State, events: Iterable[Event]) -> set[State]:
    """Where a job can have come to by some of these events, in any order."""
    found, new = {state}, {state}
    while new:
        new = {
            after
            for (before, event), after in TRANSITIONS.items()
            if before in new and event in events
        } - found
        found |= new
    return found


class Turns(RuleBasedStateMachine):
    """Two workers, two queues, and jobs that stand in each other's way."""

    url: str

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = SetClock(NOON)
        self.ledger = Ledger(Database(self.url), self.clock)
        self.queues = Queues(self.ledger.database, self.clock)
        self.seen: dict[str, State] = {}
        self.held: list[tuple[Claimer, Claim]] = []
        self.starts: list[datetime] = []
        self.paused: set[str] = set()
        self.allowed: set[Event] = set()

    def await_(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    @initialize()
    def open(self) -> None:
        self.workers = [self.await_(self._worker()) for _ in range(2)]

    async def _worker(self) -> Claimer:
        connection = await self.ledger.database.connect("turns", {"synchronous_commit": "off"})
        for table in ("jobs", "job_history", "attempts", "rates", "queues", "unique_jobs"):
            await connection.execute(f"delete from horarium.{table}")
        return Claimer(self.ledger, connection, await self._lease(connection))

    async def _lease(self, connection: Connection) -> int:
        return await register(connection, now=self.clock.now, lease=LEASE.total_seconds())

    def teardown(self) -> None:
        try:
            if hasattr(self, "workers"):
                self._let_everybody_go_on()
        finally:
            self.await_(self._close())
            self.loop.close()

    async def _close(self) -> None:
        for worker in getattr(self, "workers", []):
            await worker.connection.close()
        await self.ledger.database.close()

    # Callers

    @rule(calls=st.lists(CALLS, min_size=1, max_size=6))
    def enqueue(self, calls: list[tuple[str, str | None, str, int, int]]) -> None:
        for call in calls:
            self._enqueue(*call)

    def _enqueue(self, limits: str, key: str | None, queue: str, delay: int, priority: int) -> None:
        id = f"job{len(self.seen)}"
        unique = None if key is None else UniqueKey(key=key, states=UNFINISHED)
        due_at = self.clock.now + timedelta(seconds=delay)
        rival = self._unfinished_under(key)
        enqueued = self.await_(
            self.ledger.enqueue(
                NewJob(
                    id=id, task="t", queue=queue, priority=priority, due_at=due_at, unique=unique,
                    limits=encode(LIMITS[limits]),
                )
            )
        )  # fmt: skip
        assert enqueued.is_new == (rival is None)
        assert enqueued.id == (rival or id)
        if enqueued.is_new:
            self.seen[id] = State.SCHEDULED if delay else State.QUEUED

    @precondition(lambda self: self.seen)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        id = data.draw(st.sampled_from(sorted(self.seen)))
        self.await_(self.ledger.cancel(id, "enough"))
        if not self.seen[id].final and self.seen[id] is not State.RUNNING:
            self._expect(id, Event.CANCEL)

    @precondition(lambda self: any(state.final for state in self.seen.values()))
    @rule(data=st.data())
    def run_again(self, data: st.DataObject) -> None:
        id = data.draw(st.sampled_from(sorted(i for i, s in self.seen.items() if s.final)))
        rival = self._unfinished_under(self._key(id))
        # No job ends twice in one microsecond: its attempts are told apart by their end.
        self.clock.set(self.clock.now + timedelta(microseconds=1))
        try:
            self.await_(self.ledger.run_again(id))
        except Conflict:
            assert rival is not None
        else:
            assert rival is None
            self._expect(id, Event.RUN_AGAIN)

    @rule(queue=st.sampled_from(QUEUES))
    def pause(self, queue: str) -> None:
        self.await_(self.queues.pause(queue))
        self.paused.add(queue)
        self.allowed.update(MOVES)

    @precondition(lambda self: self.paused)
    @rule(data=st.data())
    def resume(self, data: st.DataObject) -> None:
        queue = data.draw(st.sampled_from(sorted(self.paused)))
        self.await_(self.queues.resume(queue))
        self.paused.discard(queue)
        self.allowed.update(MOVES)

    # Time and workers

    @rule(seconds=st.sampled_from([1, 9, 16, 31]))
    def time_passes(self, seconds: int) -> None:
        self.clock.set(self.clock.now + timedelta(seconds=seconds))

    @rule(number=st.integers(0, 1))
    def promote(self, number: int) -> None:
        self.await_(self.ledger.promote(self.workers[number].connection, None))
        self.allowed.update(MOVES)

    @rule(number=st.integers(0, 1), limit=st.integers(1, 4))
    def claim(self, number: int, limit: int) -> None:
        worker = self.workers[number]
        claims = self.await_(admit(worker, limit))
        assert not self.paused & {claim.queue for claim in claims if claim.limits is None}
        self.held += [(worker, claim) for claim in claims]
        rated = [claim for claim in claims if decode(claim.limits).rate_key == "rated"]
        self.starts += [claim.started_at for claim in rated]
        self.allowed.update(MOVES, {Event.CLAIM})

    @precondition(lambda self: self.held)
    @rule(data=st.data(), event=st.sampled_from(sorted(OUTCOMES)))
    def finish(self, data: st.DataObject, event: Event) -> None:
        number = data.draw(st.integers(0, len(self.held) - 1))
        worker, claim = self.held.pop(number)
        lease = Claimer(self.ledger, worker.connection, claim.worker)
        if self.await_(lease.finish(claim, OUTCOMES[event])):
            self._expect(claim.id, event)

    @rule(number=st.integers(0, 1))
    def rescue(self, number: int) -> None:
        """Both heartbeats: lapsed leases lose their jobs, and go on under new ones."""
        connection = self.workers[number].connection
        lost = self.await_(rescue(connection, self.clock))
        gone = "select id from horarium.workers where stopped_at is not null"
        stopped = {row["id"] for row in self.await_(connection.fetch(gone))}
        for worker in self.workers:
            if worker.worker in stopped:
                worker.worker = self.await_(self._lease(worker.connection))
        self.held = [each for each in self.held if each[1].id not in {job.id for job in lost}]
        self.await_(gate.sweep(connection))
        self.allowed.update(MOVES, {Event.RESCUE})

    @rule(number=st.integers(0, 1))
    def sweep(self, number: int) -> None:
        self.await_(gate.sweep(self.workers[number].connection))
        self.allowed.update(MOVES)

    # What must hold after every step

    @invariant()
    def changes_are_those_of_the_table(self) -> None:
        if not hasattr(self, "workers"):
            return
        now = {row["id"]: State(row["state"]) for row in self._rows(STATES)}
        assert now.keys() == self.seen.keys()
        for id, state in now.items():
            assert state in reachable(self.seen[id], self.allowed), (id, self.seen[id], state)
        self.seen = now
        self.allowed = set()

    @invariant()
    def no_limit_is_exceeded(self) -> None:
        if not hasattr(self, "workers"):
            return
        running: Counter[str | None] = Counter()
        for row in self._rows("select limits from horarium.jobs where state = 'running'"):
            running[decode(row["limits"]).concurrency_key] += 1
        assert running["one"] <= 1
        assert running["two"] <= 2
        starts = sorted(self.starts)
        for first, third in zip(starts, starts[2:], strict=False):
            assert third - first >= timedelta(microseconds=PERIOD)

    @invariant()
    def keys_are_unique(self) -> None:
        if not hasattr(self, "workers"):
            return
        keys = [row["key"] for row in self._rows(UNIQUE)]
        assert len(set(keys)) == len(keys)

    # In the end

    def _let_everybody_go_on(self) -> None:
        """Resume, promote and work off: whoever waits is let through, with no sweep to help."""
        self.allowed = set(Event)
        for queue in sorted(self.paused):
            self.await_(self.queues.resume(queue))
        self.paused = set()
        for worker, claim in self.held:
            lease = Claimer(self.ledger, worker.connection, claim.worker)
            self.await_(lease.finish(claim, Succeeded()))
        for worker in self.workers:
            self.await_(worker.connection.execute("delete from horarium.workers"))
        fresh = self.await_(self._worker_for_the_rest())
        for _ in range(ROUNDS):
            if not self._rows("select from horarium.jobs limit 1"):
                return
            self.clock.set(self.clock.now + timedelta(seconds=7))
            self.await_(self._round(fresh))
            self.no_limit_is_exceeded()
        left = self._rows("select id, state, limits from horarium.jobs")
        raise AssertionError(f"they wait in vain: {[tuple(row) for row in left]}")

    async def _worker_for_the_rest(self) -> Claimer:
        connection = self.workers[0].connection
        lease = await register(connection, now=self.clock.now, lease=10.0**6)
        fresh = Claimer(self.ledger, connection, lease)
        await rescue(connection, self.clock)
        await gate.sweep(connection)
        return fresh

    async def _round(self, worker: Claimer) -> None:
        await self.ledger.promote(worker.connection, None)
        for claim in await admit(worker, 5):
            if decode(claim.limits).rate_key == "rated":
                self.starts.append(claim.started_at)
            assert await worker.finish(claim, Succeeded())

    # Looking

    def _rows(self, query: str, *values: Any) -> Sequence[Any]:
        found: Sequence[Any] = self.await_(self.workers[0].connection.fetch(query, *values))
        return found

    def _expect(self, id: str, event: Event) -> None:
        self.allowed.update(MOVES, {event})
        self.seen[id] = TRANSITIONS[self.seen[id], event]

    def _key(self, id: str) -> str | None:
        rows = self._rows(
            "select labels ->> '_unique' as key from horarium.job_history where id = $1", id
        )
        return rows[0]["key"] if rows else None

    def _unfinished_under(self, key: str | None) -> str | None:
        return next((row["id"] for row in self._rows(UNIQUE) if row["key"] == key), None)


STATES = """
select id, state from horarium.jobs
union all
select id, state from horarium.job_history h
where not exists (select from horarium.jobs j where j.id = h.id)
"""
UNIQUE = "select id, labels ->> '_unique' as key from horarium.jobs where labels ? '_unique'"


@pytest.fixture
def turns(database_url: str) -> type[Turns]:
    Turns.url = database_url
    return Turns


def test_random_turns(turns: type[Turns]) -> None:
    run_state_machine_as_test(
        turns,
        settings=settings(
            max_examples=300 if THOROUGH else 10,
            stateful_step_count=80 if THOROUGH else 40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
