"""Running, looking and moving the clock: what the page's examples do not show."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from horarium import Horarium, JobConnection
from horarium.engine import State
from horarium.errors import Conflict, InvalidInput
from horarium.settings import Settings
from horarium.testing import enqueued, fire_schedules, inline, move_clock, run_jobs
from horarium.testing.running import NotSettled


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[Horarium]:
    app = Horarium(Settings(database_url=database_url, concurrency=10), builtin=False)
    async with app.running():
        yield app


async def test_what_jobs_enqueue_is_run_too(app: Horarium) -> None:
    @app.broker.task("count")
    async def count(n: int) -> int:
        if n:
            await count.kiq(n - 1)
        return n

    @app.broker.task("sync")
    def sync() -> str:
        return "in a thread"

    await count.kiq(3)
    await sync.kiq()
    ran = await run_jobs(app)
    assert sorted(job.result for job in ran if job.task == "count") == [0, 1, 2, 3]
    assert [job.result for job in ran if job.task == "sync"] == ["in a thread"]
    assert await run_jobs(app) == []


async def test_the_jobs_transaction_is_a_real_one(app: Horarium) -> None:
    async with app.database.connection() as connection:
        await connection.execute("create table written (n int)")

    @app.broker.task("write")
    async def write(n: int, connection: JobConnection) -> None:
        await connection.execute("insert into written values ($1)", n)
        if n > 1:
            raise ValueError("too many")

    await write.kiq(1)
    await write.kiq(2)
    assert sorted(job.state for job in await run_jobs(app)) == [State.FAILED, State.SUCCEEDED]
    async with app.database.connection() as connection:
        assert await connection.fetchval("select array_agg(n) from written") == [1]


async def test_paused_queues_other_queues_and_later_jobs_are_left(app: Horarium) -> None:
    @app.broker.task("work")
    async def work() -> None: ...

    await app.queues.pause("held", "not now")
    await work.kicker().with_labels(queue="held").kiq()
    await work.kicker().with_labels(queue="other").kiq()
    await work.kicker().with_labels(delay=60).kiq()
    assert await run_jobs(app, queues=["default"]) == []
    assert len(await run_jobs(app)) == 1
    assert sorted(job.queue for job in await enqueued(app)) == ["default", "held"]


async def test_limits_hold_and_all_jobs_are_run(app: Horarium) -> None:
    running: set[str] = set()

    @app.broker.task("alone", concurrency_limit=1)
    async def alone() -> int:
        running.add("x" * (len(running) + 1))
        most = len(running)
        await asyncio.sleep(0)
        running.clear()
        return most

    await app.enqueue_many(alone, [()] * 5)
    assert [job.result for job in await run_jobs(app)] == [1] * 5


async def test_jobs_without_an_end_are_told(app: Horarium) -> None:
    @app.broker.task("endless")
    async def endless() -> None:
        await endless.kiq()

    await endless.kiq()
    with pytest.raises(NotSettled, match=r"1 jobs were left after 0.5 s, and \d+ had been run"):
        await run_jobs(app, within=0.5)


async def test_a_transaction_cannot_be_run(app: Horarium) -> None:
    async with app.transaction():
        with pytest.raises(Conflict, match="inside a transaction"):
            await run_jobs(app)


async def test_the_clock_goes_forward_only(app: Horarium) -> None:
    with pytest.raises(InvalidInput, match="goes forward only"):
        await move_clock(app, timedelta(seconds=-1))
    first = await move_clock(app, timedelta(hours=1))
    second = await move_clock(app, timedelta(hours=1))
    assert timedelta(hours=1) <= second - first < timedelta(hours=1, minutes=1)


async def test_expiry_follows_the_clock(app: Horarium) -> None:
    @app.broker.task("late", expires=60, delay=30)
    async def late() -> None: ...

    await late.kiq()
    await move_clock(app, timedelta(seconds=90))
    (job,) = await run_jobs(app)
    assert job.state is State.CANCELLED
    assert job.error is not None
    assert "expired" in job.error.message


async def test_due_times_on_the_way_are_decided(app: Horarium) -> None:
    @app.broker.task("hourly", schedule=[{"cron": "0 * * * *", "catch_up": "all"}])
    async def hourly() -> None: ...

    await move_clock(app, timedelta(hours=3))
    assert await fire_schedules(app) == 3
    assert await fire_schedules(app) == 0
    assert {job.task for job in await run_jobs(app)} == {"hourly"}


async def test_calls_that_do_not_fit_are_shown_as_they_were_sent(app: Horarium) -> None:
    @app.broker.task("take")
    async def take(n: int) -> None: ...

    await take.kiq("one")  # type: ignore[arg-type]
    (sent,) = await enqueued(app, "take")
    assert (sent.args, sent.state, sent.queue) == (["one"], State.QUEUED, "default")
    (job,) = await run_jobs(app)
    assert job.error is not None
    assert job.error.message == "n: Expected `int`, got `str`"
    assert await enqueued(app) == []


async def test_an_application_is_inline_within_a_block(app: Horarium) -> None:
    @app.broker.task("work")
    async def work() -> int:
        return 1

    real = app.ledger
    with inline(app, at_once=False) as ledger:
        await work.kiq()
        assert [sent.task for sent in await enqueued(app)] == ["work"]
        await ledger.run_all()
        assert await enqueued(app) == []
    assert app.ledger is real
    assert await app.ledger.counts() == {}
