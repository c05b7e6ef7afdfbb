"""Jobs get into the ledger: alone, with the caller's rows, many at once, or not at all."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from workplace import PATIENCE, NewClaimer, enqueue, states

from horarium.clock import SetClock
from horarium.database import Connection, Database
from horarium.engine import Ledger, NewJob, State
from horarium.engine.jobs.acceptance import MOST_ARGUMENTS
from horarium.engine.jobs.channels import JOBS_CHANNEL
from horarium.engine.jobs.job import arguments
from horarium.errors import Conflict, InvalidInput

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)

BAD = [
    ("eta", {"due_at": datetime.max.replace(tzinfo=UTC)}),
    ("eta", {"due_at": datetime.min.replace(tzinfo=UTC)}),
    ("eta", {"due_at": datetime(2024, 5, 1)}),  # noqa: DTZ001
    ("fired_for", {"fired_for": datetime(9999, 1, 1, tzinfo=UTC)}),
    ("arguments", {"arguments": b'{"args":["%s"]}' % (b"x" * 10 * 2**20)}),
    ("arguments", {"arguments": None, "payload": b"x" * (MOST_ARGUMENTS + 1)}),
    ("arguments", {"arguments": b'{"args":["a\\u0000b"],"kwargs":{}}'}),
    ("arguments", {"arguments": b'{"args":["\\\\\\u0000"],"kwargs":{}}'}),
    ("labels", {"labels": b'{"note":"\\u0000"}'}),
    ("task_id", {"id": ""}),
    ("task_id", {"id": "x" * 256}),
    ("task_id", {"id": "a\0b"}),
    ("task_id", {"id": "a\ud800b"}),
    ("task", {"task": "t\0"}),
    ("queue", {"queue": "q" * 5000}),
    ("queue", {"queue": "q\0"}),
    ("owner", {"owner": "o\0"}),
    ("priority", {"priority": 32768}),
    ("priority", {"priority": -32769}),
    ("delay", {"delay": float("inf")}),
    ("delay", {"delay": -1.0}),
    ("expires", {"expires_after": 1e300}),
    ("expires", {"expires_after": float("nan")}),
]


async def count(database: Database) -> int:
    async with database.connection() as connection:
        return int(await connection.fetchval("select count(*) from horarium.jobs"))


async def test_a_job_is_recorded_as_it_was_asked_for(ledger: Ledger) -> None:
    await ledger.enqueue(
        NewJob(
            id="a",
            task="send",
            queue="mail",
            priority=7,
            arguments=arguments(1, to="x"),
            labels=b'{"colour":"red"}',
            owner="ada",
        )
    )
    job = await ledger.show("a")
    assert (job.task, job.queue, job.priority, job.state) == ("send", "mail", 7, State.QUEUED)
    assert (job.attempt, job.worker, job.owner) == (0, None, "ada")
    assert bytes(job.arguments or b"") == b'{"args": [1], "kwargs": {"to": "x"}}'
    assert bytes(job.labels or b"") == b'{"colour": "red"}'
    assert job.due_at == job.enqueued_at


FULL: list[dict[str, Any]] = [
    {},
    {"delay": 90.5, "expires_after": 3600.0, "owner": "ada", "priority": -3},
    {"due_at": NOON + timedelta(days=1), "schedule": "nightly", "fired_for": NOON},
    {"due_at": NOON - timedelta(days=1), "queue": "mail", "labels": b'{"colour": "red"}'},
    {"payload": b"\x00\xff", "arguments": None, "limits": b'[{"key": "k", "most": 1}]'},
]


@pytest.mark.parametrize("fields", FULL)
async def test_alone_it_becomes_what_it_becomes_in_a_transaction(
    database: Database, fields: dict[str, Any]
) -> None:
    """Two statements record it, one of which commits by itself."""
    ledger = Ledger(database, SetClock(NOON))
    job = NewJob(id="a", task="send", **{"arguments": arguments(1), **fields})
    rows = []
    for is_alone in (True, False):
        if is_alone:
            answers = [await ledger.enqueue(job) for _ in range(2)]
        else:
            async with database.transaction():
                answers = [await ledger.enqueue(job) for _ in range(2)]
        assert [answer.is_new for answer in answers] == [True, False]
        async with database.connection() as connection:
            rows.append(dict(await connection.fetchrow("delete from horarium.jobs returning *")))
    assert rows[0] == rows[1]
    assert rows[0]["enqueued_at"] == NOON


async def test_it_is_on_the_disk_when_the_call_has_returned(
    ledger: Ledger, database: Database, connection: Connection
) -> None:
    """Although workers see it before: the log is written to beyond the job's row."""
    name = await connection.fetchval("select current_database()")
    await connection.execute(f"alter database {name} set synchronous_commit = on")
    await connection.execute("""
        create table public.inserted (place pg_lsn);
        create function public.note() returns trigger language plpgsql as $$
        begin
            insert into public.inserted values (pg_current_wal_insert_lsn());
            return new;
        end $$;
        create trigger note after insert on horarium.jobs
        for each row execute function public.note();
    """)
    for _ in range(20):
        await ledger.enqueue(NewJob(id="a", task="send"))
        flushed = "select pg_current_wal_flush_lsn() > place from public.inserted"
        assert await connection.fetchval(flushed)
        await connection.execute("truncate public.inserted, horarium.jobs")


async def test_text_that_only_looks_like_nul_is_kept(ledger: Ledger) -> None:
    await ledger.enqueue(NewJob(id="a", task="t", arguments=arguments(r"\u0000", "\\")))
    assert b"u0000" in bytes((await ledger.show("a")).arguments or b"")


async def test_a_later_job_is_scheduled(ledger: Ledger) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    await enqueue(ledger, "a", due_at=soon)
    await enqueue(ledger, "b", delay=60.0)
    await enqueue(ledger, "c", due_at=soon - timedelta(days=1))
    await enqueue(ledger, "d", delay=0.0)
    assert await states(ledger, "a", "b", "c", "d") == [
        "scheduled",
        "scheduled",
        "queued",
        "queued",
    ]
    b = await ledger.show("b")
    assert b.due_at - b.enqueued_at == timedelta(seconds=60)


async def test_the_clock_that_is_handed_in_decides(database: Database) -> None:
    ledger = Ledger(database, SetClock(NOON))
    await enqueue(ledger, "a", due_at=NOON + timedelta(seconds=1))
    await enqueue(ledger, "b", due_at=NOON)
    await ledger.enqueue_many([NewJob(id="c", task="t", due_at=NOON + timedelta(seconds=1))])
    assert await states(ledger, "a", "b", "c") == ["scheduled", "queued", "scheduled"]
    assert (await ledger.show("b")).enqueued_at == NOON


async def test_an_id_that_is_unfinished_is_left_alone(ledger: Ledger) -> None:
    assert await ledger.enqueue(NewJob(id="a", task="first"))
    assert not await ledger.enqueue(NewJob(id="a", task="second"))
    assert (await ledger.show("a")).task == "first"


async def test_the_id_of_a_job_that_has_ended_may_be_used_again(ledger: Ledger) -> None:
    await enqueue(ledger, "a")
    await ledger.cancel("a", "no longer wanted")
    await enqueue(ledger, "a")
    assert await states(ledger, "a") == ["queued"]


async def test_a_job_commits_with_its_callers_rows(database: Database, ledger: Ledger) -> None:
    async with database.transaction() as connection:
        await connection.execute("create table public.orders (id int)")
        await enqueue(ledger, "a")
        await ledger.enqueue_many([NewJob(id="b", task="t")])
    assert await states(ledger, "a", "b") == ["queued", "queued"]


async def test_a_job_vanishes_with_its_callers_rows(database: Database, ledger: Ledger) -> None:
    with pytest.raises(RuntimeError, match="changed my mind"):
        async with database.transaction():
            await enqueue(ledger, "a")
            await ledger.enqueue_many([NewJob(id="b", task="t")])
            raise RuntimeError("changed my mind")
    assert await ledger.find("a") is None
    assert await ledger.find("b") is None


async def test_a_savepoint_takes_back_only_its_own_jobs(database: Database, ledger: Ledger) -> None:
    async with database.transaction():
        await enqueue(ledger, "a")
        with pytest.raises(RuntimeError):
            async with database.transaction():
                await enqueue(ledger, "b")
                raise RuntimeError
        await enqueue(ledger, "c")
    assert await states(ledger, "a", "c") == ["queued", "queued"]
    assert await ledger.find("b") is None


async def test_an_uncommitted_job_is_not_seen(
    database: Database, ledger: Ledger, claimer: NewClaimer
) -> None:
    worker = await claimer()
    async with database.transaction():
        await enqueue(ledger, "a")
        assert await worker.claim() == []
    assert [claim.id for claim in await worker.claim()] == ["a"]


async def test_an_enqueue_rings_when_it_commits(
    database: Database, ledger: Ledger, connection: Connection
) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    await connection.add_listener(JOBS_CHANNEL, lambda *note: heard.put_nowait(note[3]))
    async with database.transaction():
        await enqueue(ledger, "a", "b", queue="mail")
        assert heard.empty()
    assert await asyncio.wait_for(heard.get(), PATIENCE) == "mail"
    await ledger.enqueue_many(
        NewJob(task="t", queue=queue) for queue in ("x", "y", "x") for _ in range(3)
    )
    assert {await asyncio.wait_for(heard.get(), PATIENCE) for _ in range(2)} == {"x", "y"}
    assert heard.empty()


async def test_many_jobs_at_once(ledger: Ledger) -> None:
    made = await ledger.enqueue_many(
        NewJob(id=f"{n}", task="t", arguments=arguments(n), delay=60.0 if n % 2 else None)
        for n in range(5000)
    )
    assert made == 5000
    assert await ledger.counts() == {State.QUEUED: 2500, State.SCHEDULED: 2500}
    assert bytes((await ledger.show("77")).arguments or b"") == b'{"args": [77], "kwargs": {}}'


async def test_no_jobs_at_once(ledger: Ledger) -> None:
    assert await ledger.enqueue_many([]) == 0


async def test_many_jobs_with_one_id_taken_are_all_refused(
    ledger: Ledger, database: Database
) -> None:
    await enqueue(ledger, "7")
    with pytest.raises(Conflict, match=r"in the ledger already.*7"):
        await ledger.enqueue_many(NewJob(id=f"{n}", task="t") for n in range(10))
    with pytest.raises(Conflict, match="twice"):
        await ledger.enqueue_many(NewJob(id="twice", task="t") for _ in range(2))
    assert await count(database) == 1


async def test_a_conflict_leaves_the_callers_transaction_usable(
    ledger: Ledger, database: Database
) -> None:
    await enqueue(ledger, "a")
    async with database.transaction():
        with pytest.raises(Conflict):
            await ledger.enqueue_many([NewJob(id="a", task="t"), NewJob(id="b", task="t")])
        await enqueue(ledger, "c")
    assert await ledger.find("b") is None
    assert await states(ledger, "a", "c") == ["queued", "queued"]


async def test_an_error_of_the_callers_own_iterator_changes_nothing(
    ledger: Ledger, database: Database
) -> None:
    def jobs() -> Iterator[NewJob]:
        yield NewJob(id="a", task="t")
        raise RuntimeError("the caller's own")

    with pytest.raises(RuntimeError, match="the caller's own"):
        await ledger.enqueue_many(jobs())
    assert await count(database) == 0


@pytest.mark.parametrize(("field", "values"), BAD, ids=lambda value: str(value)[:30])
async def test_bad_input_gets_one_sentence_and_changes_nothing(
    ledger: Ledger, database: Database, field: str, values: dict[str, Any]
) -> None:
    async with database.transaction():
        await enqueue(ledger, "before")
        with pytest.raises(InvalidInput) as alone:
            await ledger.enqueue(NewJob(**{"task": "t", **values}))
        with pytest.raises(InvalidInput) as among_many:
            await ledger.enqueue_many([NewJob(task="t"), NewJob(**{"task": "t", **values})])
        assert alone.value.field == among_many.value.field == field
        assert "\n" not in str(alone.value)
        assert len(str(alone.value)) < 6000
        # A statement that PostgreSQL had refused would have spoilt the caller's transaction.
        await enqueue(ledger, "after")
    assert await count(database) == 2


async def test_only_one_kind_of_arguments_can_be_kept(connection: Connection) -> None:
    for columns in ("null, null", "'{}', 'x'"):
        with pytest.raises(asyncpg.CheckViolationError, match="one_kind_of_arguments"):
            await connection.execute(
                "insert into horarium.jobs (id, task, state, due_at, arguments, payload) "
                f"values ('a', 't', 'queued', now(), {columns})"
            )
