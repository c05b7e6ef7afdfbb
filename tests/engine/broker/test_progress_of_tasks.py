"""Progress, told by tasks of every kind, under both workers."""

import asyncio
import threading
import time
from typing import Any

import pytest
from taskiq import TaskiqDepends
from taskiq.depends.progress_tracker import ProgressTracker, TaskProgress, TaskState
from workplace import AtWork, ended, eventually, working

from horarium.database import Connection
from horarium.engine import JobConnection, LedgerBroker, Mark, Progress, ProgressTeller
from horarium.errors import HorariumError, InvalidInput
from horarium.events import JobProgressed


async def mark_of(broker: LedgerBroker, id: str) -> Mark | None:
    job = await broker.ledger.find(id)
    return None if job is None else job.progress


async def test_a_running_job_is_seen_to_come_on(broker: LedgerBroker, at_work: AtWork) -> None:
    go_on = asyncio.Event()

    @broker.task
    async def count(progress: Progress) -> None:
        await progress(0.25, "a quarter", "counting")
        await go_on.wait()
        await progress(0.5, note="half")

    async with at_work():
        sent = await count.kiq()

        async def seen() -> Any:
            mark = await mark_of(broker, sent.task_id)
            return mark and (mark.fraction, mark.note, mark.state)

        await eventually(seen, (0.25, "a quarter", "counting"))
        go_on.set()
        job = await ended(broker.ledger, sent.task_id)
    # The last mark came with the outcome, not half a second later.
    assert job.progress is not None
    assert (job.progress.fraction, job.progress.note) == (0.5, "half")
    assert (job.progress.state, job.progress.number) == ("counting", 2)


async def test_a_thread_tells_too(broker: LedgerBroker, at_work: AtWork) -> None:
    release = threading.Event()

    @broker.task
    def count(progress: Progress) -> None:
        progress.set(0.5, state="in a thread")
        release.wait(10)

    async with at_work():
        sent = await count.kiq()

        async def seen() -> Any:
            mark = await mark_of(broker, sent.task_id)
            return mark and (mark.fraction, mark.state)

        await eventually(seen, (0.5, "in a thread"))
        release.set()
        await ended(broker.ledger, sent.task_id)


async def test_however_often_it_is_told_few_statements_are_made(
    broker: LedgerBroker, connection: Connection
) -> None:
    calls = 20_000

    @broker.task
    async def count(progress: Progress) -> None:
        for n in range(calls):
            progress.set(n / calls, f"row {n}")
            if n % 500 == 0:
                await asyncio.sleep(0)
        await progress(1)

    await connection.execute("create table public.written (id bigint)")
    await connection.execute(
        "create function public.note() returns trigger language plpgsql as $$ begin "
        "insert into public.written values (txid_current()); return new; end $$"
    )
    await connection.execute(
        "create trigger note after insert or update on horarium.progress "
        "for each row execute function public.note()"
    )
    began = time.monotonic()
    try:
        async with working(broker.worker()):
            sent = [await count.kiq() for _ in range(5)]
            jobs = [await ended(broker.ledger, each.task_id) for each in sent]
        statements = await connection.fetchval("select count(distinct id) from public.written")
    finally:
        await connection.execute("drop function public.note() cascade")
    assert [job.progress and job.progress.number for job in jobs] == [calls + 1] * 5
    assert [job.progress and job.progress.note for job in jobs] == [f"row {calls - 1}"] * 5
    # At most two a second for all of them together, and one with each outcome.
    assert statements <= 2 * (time.monotonic() - began) + 1 + len(jobs)


@pytest.mark.parametrize("how", ["raises", "retries", "commits", "is cancelled"])
async def test_the_last_mark_goes_with_whatever_outcome(
    broker: LedgerBroker, at_work: AtWork, connection: Connection, how: str
) -> None:
    @broker.task(max_retries=1 if how == "retries" else 0, retry_delay=3600)
    async def act(progress: Progress, connection: JobConnection) -> None:
        await progress(0.1)
        if how == "commits":
            await connection.execute("insert into public.written values (1)")
        if how == "is cancelled":
            await progress(0.7)
            await asyncio.Event().wait()
        await progress(0.7)
        if how != "commits":
            raise OSError("no")

    await connection.execute("create table public.written (n int)")
    async with at_work():
        sent = await act.kiq()
        if how == "is cancelled":
            await eventually(lambda: has_begun(broker, sent.task_id))
            await broker.ledger.cancel(sent.task_id, "enough")

        async def stopped() -> str:
            return str((await broker.ledger.show(sent.task_id)).state)

        wanted = {"retries": "retrying", "commits": "succeeded", "is cancelled": "cancelled"}
        await eventually(stopped, wanted.get(how, "failed"))
        mark = await mark_of(broker, sent.task_id)
    assert mark is not None
    assert mark.fraction == 0.7


async def has_begun(broker: LedgerBroker, id: str) -> bool:
    return await mark_of(broker, id) is not None


async def test_what_is_no_progress_fails_the_task_in_words(
    broker: LedgerBroker, at_work: AtWork
) -> None:
    @broker.task
    async def overdo(progress: Progress) -> None:
        await progress(1.5)

    async with at_work():
        job = await ended(broker.ledger, (await overdo.kiq()).task_id)
    assert job.error is not None
    assert job.error.message.startswith("progress: 1.5 is outside 0..1")
    assert job.progress is None


async def test_taskiqs_own_tracker(broker: LedgerBroker, at_work: AtWork) -> None:
    go_on = asyncio.Event()
    inside: list[Any] = []

    @broker.task
    async def track(tracker: ProgressTracker[Any] = TaskiqDepends()) -> None:
        inside.append(await tracker.get_progress())
        await tracker.set_progress(TaskState.STARTED, {"row": 1})
        await tracker.set_progress("half way")
        inside.append(await tracker.get_progress())
        await go_on.wait()
        await tracker.set_progress(TaskState.SUCCESS, [1, 2])

    async with at_work():
        sent = await track.kiq()

        async def seen() -> Any:
            return await sent.get_progress()

        await eventually(seen, TaskProgress(state="half way", meta={"row": 1}))
        go_on.set()
        await ended(broker.ledger, sent.task_id)
        assert await sent.get_progress() == TaskProgress(state="SUCCESS", meta=[1, 2])
    assert inside == [None, TaskProgress(state="half way", meta={"row": 1})]
    with pytest.raises(HorariumError, match="told by the job itself"):
        await broker.result_backend.set_progress(
            sent.task_id, TaskProgress(state="STARTED", meta=None)
        )
    assert await broker.result_backend.get_progress("never") is None


async def test_taskiqs_tracker_reads_ours(broker: LedgerBroker, at_work: AtWork) -> None:
    @broker.task
    async def count(progress: Progress) -> None:
        await progress(0.5, "half")

    async with at_work():
        sent = await count.kiq()
        await ended(broker.ledger, sent.task_id)
    told = await sent.get_progress()
    assert told == TaskProgress(state="STARTED", meta={"fraction": 0.5, "note": "half"})


async def test_both_in_one_task(broker: LedgerBroker, at_work: AtWork) -> None:
    @broker.task
    async def count(progress: Progress, tracker: ProgressTracker[Any] = TaskiqDepends()) -> None:
        await progress(0.5, "half")
        await tracker.set_progress("counting")
        await progress(0.75)

    async with at_work():
        job = await ended(broker.ledger, (await count.kiq()).task_id)
    mark = job.progress
    assert mark is not None
    assert (mark.fraction, mark.note, mark.state, mark.meta) == (0.75, "half", "counting", None)


async def test_data_that_cannot_be_kept(broker: LedgerBroker, at_work: AtWork) -> None:
    @broker.task
    async def track(meta: str, tracker: ProgressTracker[Any] = TaskiqDepends()) -> None:
        await tracker.set_progress("s", {"object": object(), "nul": "a\0"}[meta])

    async with at_work():
        for meta in ("object", "nul"):
            job = await ended(broker.ledger, (await track.kiq(meta)).task_id)
            assert job.error is not None
            assert job.error.message.startswith("meta: ")


async def test_progress_survives_a_lost_connection(
    broker: LedgerBroker, connection: Connection
) -> None:
    go_on = asyncio.Event()

    @broker.task
    async def count(progress: Progress) -> None:
        await progress(0.1)
        await go_on.wait()
        await progress(0.9)
        await asyncio.Event().wait()

    async with working(broker.worker()):
        sent = await count.kiq()
        await eventually(lambda: has_begun(broker, sent.task_id))
        await connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and application_name = 'horarium progress'"
        )
        go_on.set()

        async def fraction() -> Any:
            mark = await mark_of(broker, sent.task_id)
            return mark and mark.fraction

        await eventually(fraction, 0.9)
        await broker.ledger.cancel(sent.task_id, "enough")


async def test_a_worker_without_progress_opens_no_connection_for_it(
    broker: LedgerBroker, connection: Connection
) -> None:
    @broker.task
    async def plain() -> None: ...

    async with working(broker.worker()):
        await ended(broker.ledger, (await plain.kiq()).task_id)
        names = await connection.fetch(
            "select application_name from pg_stat_activity where datname = current_database()"
        )
    assert "horarium progress" not in {row[0] for row in names}


async def test_what_was_written_is_told_as_an_event(broker: LedgerBroker, told: list[Any]) -> None:
    @broker.task
    async def count(progress: Progress) -> None:
        await progress(0.5, "half")
        await asyncio.Event().wait()

    async with working(broker.worker()):
        sent = await count.kiq()

        async def heard() -> list[Any]:
            return [(e.id, e.fraction, e.note) for e in told if isinstance(e, JobProgressed)]

        await eventually(heard, [(sent.task_id, 0.5, "half")])
        await broker.ledger.cancel(sent.task_id, "enough")


async def test_outside_a_worker_it_is_checked_and_goes_nowhere() -> None:
    teller = ProgressTeller(None)
    await teller(0.5, "half")
    teller.set(state="s")
    assert (teller.mark.fraction, teller.mark.note, teller.mark.state) == (0.5, "half", "s")
    with pytest.raises(InvalidInput):
        teller.set(2)
