"""The application put together: joined transactions, reports in the background, health."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from horarium import Cancel, Horarium, Snooze
from horarium.engine import State
from horarium.errors import NotFound, Unavailable
from horarium.settings import load


@pytest.fixture
async def app(database_url: str, tmp_path: Path) -> AsyncIterator[Horarium]:
    application = Horarium(load({"DATABASE_URL": database_url}, tmp_path))
    async with application.running():
        yield application


def test_the_package_offers_what_its_users_import() -> None:
    assert Cancel("why").reason == "why"
    assert Snooze(3).delay == 3


async def test_a_job_commits_with_the_callers_rows_or_not_at_all(app: Horarium) -> None:
    @app.broker.task(task_name="note")
    async def note(number: int) -> None: ...

    with pytest.raises(ZeroDivisionError):
        async with app.transaction():
            gone = await note.kiq(1)
            raise ZeroDivisionError
    async with app.transaction():
        kept = await note.kiq(2)
    assert await app.ledger.find(gone.task_id) is None
    assert (await app.ledger.show(kept.task_id)).state is State.QUEUED


async def test_a_job_joins_the_transaction_of_an_sqlalchemy_session(
    app: Horarium, database_url: str
) -> None:
    @app.broker.task(task_name="note")
    async def note(number: int) -> None: ...

    engine = create_async_engine(database_url.replace("postgresql://", "postgresql+asyncpg://"))
    async with AsyncSession(engine) as session:
        await session.execute(text("create table mine (id int)"))
        async with app.transaction(session):
            sent = await note.kiq(1)
        assert await app.ledger.find(sent.task_id) is None, "not before the session commits"
        await session.commit()
        assert (await app.ledger.show(sent.task_id)).state is State.QUEUED
        async with app.transaction(session):
            await session.execute(text("insert into mine values (1)"))
            undone = await note.kiq(2)
        await session.rollback()
    await engine.dispose()
    assert await app.ledger.find(undone.task_id) is None


async def test_many_calls_are_enqueued_at_once(app: Horarium) -> None:
    @app.broker.task(task_name="note")
    async def note(number: int, text: str = "") -> None: ...

    assert await app.enqueue_many(note, [(1,), (2,)]) == 2
    assert await app.enqueue_many(note, [{"number": 3, "text": "x"}], priority=5) == 1
    jobs = await app.ledger.jobs()
    assert sorted(job.priority for job in jobs) == [0, 0, 5]


async def test_a_report_is_built_in_the_background(app: Horarium) -> None:
    await app.settle()
    job = await app.build_report(date(2010, 12, 1))
    worker = app.broker.worker()
    working = asyncio.create_task(worker.run())
    await app.broker.result_backend.wait(job, 20)
    worker.stop()
    await working
    done = await app.ledger.show(job)
    assert done.state is State.SUCCEEDED, done.error
    assert b'"rows":0' in bytes(done.result or b"").replace(b" ", b"")
    with pytest.raises(NotFound, match="profits"):
        await app.build_report(date(2010, 12, 1), "profits")


async def test_the_zone_is_settled_once_and_kept(database_url: str, tmp_path: Path) -> None:
    environment = {"DATABASE_URL": database_url}
    given = Horarium(load({**environment, "HORARIUM_ZONE": "Asia/Tokyo"}, tmp_path))
    async with given.running():
        await given.settle()
    later = Horarium(load(environment, tmp_path))
    async with later.running():
        assert (await later.settle()).zone == "Asia/Tokyo"
        assert await later.zone() == "Asia/Tokyo"


async def test_health_says_what_is_wrong(
    app: Horarium, empty_database_url: str, tmp_path: Path
) -> None:
    assert (await app.health()).ready
    async with app.database.connection() as connection:
        await connection.execute(
            "insert into horarium.schedules (id, origin, task, definition, state, decided_until,"
            " next_due_at, next_fire_at) values ('late', 'api', 'x', '{}', 'active', now(),"
            " now() - interval '5 min', now() - interval '5 min')"
        )
    late = await app.health()
    assert not late.ready
    assert late.scheduler_lag == pytest.approx(300, abs=30)
    async with app.database.connection() as connection:
        await connection.execute("update horarium.alembic_version set version_num = '0001_ledger'")
    with pytest.raises(Unavailable, match="run: horarium migrate"):  # whatever else is late
        await app.require_ready()

    unmigrated = Horarium(load({"DATABASE_URL": empty_database_url}, tmp_path))
    health = await unmigrated.health()
    assert (health.ready, health.database, health.migrated) == (False, True, False)
    with pytest.raises(Unavailable, match="horarium migrate"):
        await unmigrated.require_ready()
    await unmigrated.close()

    nowhere = Horarium(load({"DATABASE_URL": "postgresql://127.0.0.1:1/none"}, tmp_path))
    assert (await nowhere.health()).database is False


async def test_an_application_without_the_built_in_reports_has_none(
    database_url: str, tmp_path: Path
) -> None:
    bare = Horarium(load({"DATABASE_URL": database_url}, tmp_path), builtin=False)
    async with bare.running():
        await bare.scheduler.synchronise()
        assert await bare.book.schedules() == []


async def test_many_jobs_join_an_sqlalchemy_session_too(app: Horarium, database_url: str) -> None:
    @app.broker.task(task_name="note")
    async def note(number: int) -> None: ...

    engine = create_async_engine(database_url.replace("postgresql://", "postgresql+asyncpg://"))
    async with AsyncSession(engine) as session:
        async with app.transaction(session):
            assert await app.enqueue_many(note, [(n,) for n in range(100)], priority=3) == 100
        assert await app.ledger.counts() == {}
        await session.commit()
    await engine.dispose()
    assert await app.ledger.counts() == {State.QUEUED: 100}


async def test_a_job_is_looked_at_and_cancelled_in_an_sqlalchemy_session(
    app: Horarium, database_url: str
) -> None:
    @app.broker.task(task_name="note")
    async def note(number: int) -> None: ...

    engine = create_async_engine(database_url.replace("postgresql://", "postgresql+asyncpg://"))
    async with AsyncSession(engine) as session:
        async with app.transaction(session):
            sent = await note.kiq(1)
            assert await app.ledger.cancel(sent.task_id, "no longer wanted") is State.CANCELLED
            job = await app.ledger.show(sent.task_id)
            listed = await app.ledger.jobs()
            why = await app.ledger.explain(sent.task_id)
            again = await app.ledger.run_again(sent.task_id)
        await session.commit()
    await engine.dispose()
    assert (job.arguments, job.error) == (listed[0].arguments, listed[0].error)
    assert bytes(job.arguments or b"") == b'{"args": [1], "kwargs": {}}'
    assert job.error is not None
    assert job.error.message == "no longer wanted"
    assert "no longer wanted" in why.findings[0].why
    assert again.state is State.QUEUED
    assert (await app.ledger.show(sent.task_id)).state is State.QUEUED
