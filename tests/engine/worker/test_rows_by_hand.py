"""Rows that somebody put into the table by hand: each ends in one clear error, the others run."""

from collections.abc import Sequence
from typing import Any

import pytest
from workplace import ended, eventually, states, working

from horarium.database import Connection
from horarium.engine import Job, Ledger, LedgerBroker, State

CALL = """'{"args": [1], "kwargs": {}}'"""


def row(**columns: str) -> str:
    """A statement that puts one queued job of the task `known` into the table."""
    values = {"task": "'known'", "state": "'queued'", "due_at": "now()", "arguments": CALL}
    values |= columns
    names, given = ", ".join(values), ", ".join(values.values())
    return f"insert into horarium.jobs (id, {names}) values ($1, {given})"


def limits(text: str) -> str:
    return row(limits=f"'{text}'")


def labels(name: str, value: str) -> str:
    return row(labels=f"""'{{"{name}": {value}}}'""")


UNREADABLE = {
    # What arguments must look like.
    "arguments that are null": (row(arguments="'null'"), "UnreadableMessage"),
    "arguments that are a text": (row(arguments="""'"args"'"""), "UnreadableMessage"),
    "kwargs that are a list": (
        row(arguments="""'{"args": [], "kwargs": []}'"""), "UnreadableMessage",
    ),
    "a name that is no parameter": (
        row(arguments="""'{"args": [1], "kwargs": {"b": 2}}'"""), "WrongArgument",
    ),
    "bytes of no formatter": (row(arguments="null", payload=r"'\x00ff'"), "UnreadableMessage"),
    "no bytes at all": (row(arguments="null", payload="''"), "UnreadableMessage"),
    # Labels.
    "labels that are a list": (row(labels="'[1, 2]'"), "UnreadableMessage"),
    "labels that are a text": (row(labels="""'"timeout"'"""), "UnreadableMessage"),
    "a timeout that is no number": (row(labels="""'{"timeout": "soon"}'"""), "UnreadableMessage"),
    "retries that are no number": (labels("max_retries", '"many"'), "UnreadableMessage"),
    "a rule that is no rule": (labels("retry_on_error", '"perhaps"'), "UnreadableMessage"),
    "a result kept for no time": (labels("result_expires", "[1]"), "UnreadableMessage"),
    # Dates that no calendar of Python's has.
    "a due time that was before all others": (row(due_at="'-infinity'"), "UnreadableJob"),
    "a due time before Christ": (row(due_at="'0044-03-15 BC'"), "UnreadableJob"),
    "a due time that never comes": (
        row(state="'scheduled'", due_at="'infinity'"), "UnreadableJob",
    ),
    "a firing of the year 20000": (row(fired_for="'20000-01-01'"), "UnreadableJob"),
    # Limits.
    "limits that are a list": (limits("[]"), "UnreadableJob"),
    "a concurrency that is a text": (
        limits('{"concurrency_key": "k", "concurrency": "many"}'), "UnreadableJob",
    ),
    "a key that is a number": (limits('{"concurrency_key": 5, "concurrency": 1}'), "UnreadableJob"),
    "a rate of nothing": (limits('{"rate_key": "r", "rate": 0, "period": 1}'), "UnreadableJob"),
    "a turn of no job": (row(attempt="2147483647"), "UnreadableJob"),
    "a rate for longer than there is time": (
        limits('{"rate_key": "r", "rate": 1, "period": 9e18}'), "UnreadableJob",
    ),
}  # fmt: skip


@pytest.fixture
def known(broker: LedgerBroker) -> Any:
    @broker.task("known")
    async def known(a: int) -> int:
        return a

    return known


async def work_off(broker: LedgerBroker, known: Any, ids: Sequence[str]) -> dict[str, Job]:
    """What became of the rows; a good job that comes after them must run all the same."""
    async with working(broker.worker()):
        assert (await (await known.kiq(1)).wait_result(timeout=60)).return_value == 1
        found = {id: await ended(broker.ledger, id) for id in ids}
        assert (await (await known.kiq(2)).wait_result(timeout=60)).return_value == 2
    return found


async def test_each_ends_in_one_clear_error(
    broker: LedgerBroker, connection: Connection, known: Any
) -> None:
    for id, (sql, _) in UNREADABLE.items():
        await connection.execute(sql, id)
    found = await work_off(broker, known, list(UNREADABLE))
    assert {id: job.error.type if job.error else None for id, job in found.items()} == {
        id: kind for id, (_, kind) in UNREADABLE.items()
    }
    assert {job.state for job in found.values()} == {State.FAILED}
    assert all(job.error and 10 < len(job.error.message) < 1000 for job in found.values())
    # They are shown like any other, and no attempt at them was lost.
    assert len(await broker.ledger.jobs()) >= 10
    assert await connection.fetchval("select count(*) from horarium.attempts") == 0


async def test_a_running_job_of_a_worker_that_never_was_is_rescued(
    broker: LedgerBroker, connection: Connection, known: Any
) -> None:
    await connection.execute(
        row(state="'running'", worker="987654321", attempt="1", started_at="now()"), "a"
    )
    found = await work_off(broker, known, ["a"])
    assert (found["a"].state, found["a"].attempt) == (State.SUCCEEDED, 2)


async def test_a_waiting_job_that_cannot_be_read_holds_up_no_other(
    broker: LedgerBroker, connection: Connection, known: Any
) -> None:
    """It stands first in the line under its key: whoever stops running under it comes upon it."""
    bad = """'{"concurrency_key": "task known", "concurrency": "one"}'"""
    good = """'{"concurrency_key": "task known", "concurrency": 1}'"""
    await connection.execute(row(state="'waiting'", limits=bad, priority="5"), "bad")
    for id in ("a", "b"):
        await connection.execute(row(limits=good), id)
    found = await work_off(broker, known, ["a", "b", "bad"])
    assert {id: job.state.value for id, job in found.items()} == {
        "a": "succeeded", "b": "succeeded", "bad": "failed",
    }  # fmt: skip


async def test_what_waits_under_no_key_does_not_wait_for_ever(
    broker: LedgerBroker, connection: Connection, known: Any
) -> None:
    await connection.execute(row(state="'waiting'"), "a")
    await connection.execute(row(state="'waiting'", limits="""'{"rate_key": "r"}'"""), "b")
    await connection.execute(row(state="'waiting'", limits="'[]'"), "c")
    found = await work_off(broker, known, ["a", "b", "c"])
    assert {id: job.state.value for id, job in found.items()} == {
        "a": "succeeded", "b": "succeeded", "c": "failed",
    }  # fmt: skip


ODD = {
    "an error that is a number": row(state="'scheduled'", error="'5'"),
    "an error of another shape": row(state="'scheduled'", error="""'{"type": 5}'"""),
    "a due time before Christ": row(state="'scheduled'", due_at="'0044-03-15 BC'"),
    "an enqueue of the year 20000": row(enqueued_at="'20000-01-01'"),
    "a firing of the year 20000": row(fired_for="'20000-01-01'"),
    "a start before Christ": row(started_at="'0044-03-15 BC'"),
    "an end before Christ": row(expires_at="'0044-03-15 BC'"),
    "a concurrency that is a text": limits('{"concurrency_key": "k", "concurrency": "many"}'),
    "a concurrency beyond all numbers": limits('{"concurrency_key": "k", "concurrency": 1e30}'),
}


async def test_each_can_be_looked_at_before_a_worker_comes_upon_it(
    ledger: Ledger, connection: Connection
) -> None:
    """One of them must not hide the others from the lists."""
    for id, sql in ODD.items():
        await connection.execute(sql, id)
    listed = {job.id: job for job in await ledger.jobs(count=100)}
    assert set(listed) == set(ODD)
    for id in ODD:
        assert await ledger.show(id) == listed[id]
        assert (await ledger.explain(id)).findings
    error = listed["an error of another shape"].error
    assert error is not None
    assert (error.type, error.message) == ("UnreadableError", '{"type": 5}')
    assert listed["a due time before Christ"].due_at.year == 1


async def test_a_label_in_a_column_does_not_hide_what_the_task_raised(
    broker: LedgerBroker, connection: Connection
) -> None:
    @broker.task("failing")
    async def failing(a: int) -> None:
        raise ValueError("its own error")

    await connection.execute(row(task="'failing'", labels="""'{"eta": "soon", "after": 5}'"""), "a")
    async with working(broker.worker()):
        job = await ended(broker.ledger, "a")
    assert job.error is not None
    assert (job.error.type, job.error.message) == ("ValueError", "its own error")


async def test_a_task_that_is_unknown_waits_until_it_expires(
    broker: LedgerBroker, connection: Connection, known: Any
) -> None:
    """It was removed between the enqueue and the run; another version may know it."""
    later = "now() + interval '1 hour'"
    await connection.execute(row(task="'gone'", expires_at=later), "a")
    async with working(broker.worker()):
        await eventually(lambda: states(broker.ledger, "a"), ["scheduled"])
        job = await broker.ledger.show("a")
        assert job.error is not None
        assert job.error.type == "UnknownTask"
        await connection.execute("update horarium.jobs set due_at = now(), expires_at = now()")
        await known.kiq(1)
        job = await ended(broker.ledger, "a")
    assert (job.state, job.attempt) == (State.CANCELLED, 1)
    assert job.error is not None
    assert job.error.message == "it expired before it began"


async def test_the_worker_is_not_hurt_by_what_it_cannot_find(
    broker: LedgerBroker, ledger: Ledger, connection: Connection
) -> None:
    """An error that comes from no job is not hidden: the worker ends with it."""
    await connection.execute("alter table horarium.jobs rename column owner to owned_by")
    try:
        with pytest.raises(ExceptionGroup) as ending:
            await broker.worker().run()
    finally:
        await connection.execute("alter table horarium.jobs rename column owned_by to owner")
    assert "owner" in str(ending.value.exceptions[0])
