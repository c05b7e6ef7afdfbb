import re
from datetime import UTC, datetime

import pytest
from workplace import NewClaimer

from horarium.database import Connection
from horarium.engine.jobs.job import FINAL, State
from horarium.engine.jobs.lifecycle import (
    TRANSITIONS,
    Event,
    ImpossibleTransition,
    next_state,
)
from horarium.engine.jobs.unreadable import set_aside

BORN = {State.SCHEDULED, State.QUEUED, State.WAITING}


def reachable(start: set[State], *, without: frozenset[Event] = frozenset()) -> set[State]:
    found = set(start)
    while True:
        further = {
            after
            for (before, event), after in TRANSITIONS.items()
            if before in found and event not in without
        }
        if further <= found:
            return found
        found |= further


def test_every_state_is_reached_from_an_enqueue() -> None:
    assert reachable(BORN) == set(State)


def test_every_unfinished_job_can_end_each_way() -> None:
    for state in set(State) - FINAL:
        assert reachable({state}) >= FINAL, state


def test_only_running_it_again_by_hand_leaves_a_final_state() -> None:
    for state in FINAL:
        leaving = {event for before, event in TRANSITIONS if before is state}
        assert leaving == {Event.RUN_AGAIN}
        assert next_state(state, Event.RUN_AGAIN) is State.QUEUED
    assert not FINAL & {State.SCHEDULED, State.QUEUED, State.RUNNING}
    assert all(state.final for state in FINAL)


def test_only_a_claim_makes_a_job_run() -> None:
    assert [pair for pair, after in TRANSITIONS.items() if after is State.RUNNING] == [
        (State.QUEUED, Event.CLAIM),
        (State.WAITING, Event.CLAIM),
    ]


def test_every_unfinished_job_can_be_cancelled() -> None:
    for state in set(State) - FINAL:
        assert next_state(state, Event.CANCEL) is State.CANCELLED


def test_what_is_not_in_the_table_is_refused_in_words() -> None:
    for state in State:
        for event in Event:
            if (state, event) not in TRANSITIONS:
                with pytest.raises(ImpossibleTransition, match=f"{state} cannot {event}"):
                    next_state(state, event)


async def test_a_row_that_nobody_can_read_is_set_aside_from_every_state(
    claimer: NewClaimer, connection: Connection
) -> None:
    worker = (await claimer()).worker
    for state in set(State) - FINAL:
        runs = (worker, 1, datetime.now(UTC)) if state is State.RUNNING else (None, 0, None)
        await connection.execute(
            "insert into horarium.jobs "
            "(id, task, state, due_at, fired_for, arguments, worker, attempt, started_at) "
            "values ($1, 't', $1, now(), '20000-01-01', '{}', $2, $3, $4)",
            state.value, *runs,
        )  # fmt: skip
    assert await set_aside(connection, worker, lambda: None) == len(set(State) - FINAL)
    rows = await connection.fetch("select id, state from horarium.job_history")
    assert {row["id"]: row["state"] for row in rows} == {
        state.value: next_state(state, Event.SET_ASIDE).value for state in set(State) - FINAL
    }


async def test_the_tables_checks_hold_the_same_states(connection: Connection) -> None:
    async def allowed(table: str) -> set[str]:
        definition = await connection.fetchval(
            "select pg_get_constraintdef(oid) from pg_constraint "
            "where conname = $1 || '_state_check' and conrelid = ('horarium.' || $1)::regclass",
            table,
        )
        return set(re.findall(r"'(\w+)'", definition))

    assert await allowed("jobs") == {state.value for state in set(State) - FINAL}
    assert await allowed("job_history") == {state.value for state in FINAL}
