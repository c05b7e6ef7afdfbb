"""Watching across processes: the worker's database, events and broker are not the watcher's."""

import asyncio
from typing import Any

import pytest
from workplace import ended, eventually, working

from horarium.database import Connection, Database
from horarium.engine import LedgerBroker, Watch, Watchers
from horarium.engine.watches import relay, watchers
from horarium.events import JobStarted, JobSucceeded

LISTENERS = """
select count(*) from pg_stat_activity
where datname = current_database() and application_name in ('horarium listener', 'horarium relay')
"""


@pytest.fixture
async def watching(database_url: str) -> Any:
    database = Database(database_url)
    watchers = Watchers(database)
    yield watchers
    await watchers.close()
    await database.close()


@pytest.fixture
def plain(broker: LedgerBroker, told: list[Any]) -> Any:
    # The worker's own subscriber would hear everything; here only the relay decides.
    broker.events.unsubscribe(told.append)

    @broker.task
    async def plain() -> None: ...

    return plain


async def hears(broker: LedgerBroker) -> bool:
    return broker.events.hears(JobSucceeded)


def read_late(broker: LedgerBroker, job: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have workers read who watches when this job has ended."""
    read = relay.Relay._read

    async def read_then(self: relay.Relay) -> None:
        await ended(broker.ledger, job)
        await read(self)

    monkeypatch.setattr(relay.Relay, "_read", read_then)


async def test_a_worker_tells_only_while_somebody_watches(
    broker: LedgerBroker, watching: Watchers, plain: Any, connection: Connection
) -> None:
    async with working(broker.worker()):
        await ended(broker.ledger, (await plain.kiq()).task_id)
        await eventually(lambda: hears(broker), False)
        async with watching.watch(Watch()) as sight:
            await eventually(lambda: hears(broker))
            sent = await plain.kiq()
            kinds: list[type] = []
            while kinds[-1:] != [JobSucceeded]:
                assert await sight.wait(10)
                taken = sight.take()
                assert not taken.missed
                kinds += [type(event) for event in taken.events if event.id == sent.task_id]
            assert kinds == [JobStarted, JobSucceeded]
        await eventually(lambda: hears(broker), False)
        # The worker's own listener is left.
        await eventually(lambda: connection.fetchval(LISTENERS), 1)
        assert await connection.fetchval("select count(*) from horarium.watches") == 0


async def test_a_worker_that_starts_later_is_told_who_watches(
    broker: LedgerBroker, watching: Watchers, plain: Any
) -> None:
    async with watching.watch(Watch(task=plain.task_name)) as sight, working(broker.worker()):
        await plain.kiq()
        assert await sight.wait(10)
        assert type(sight.take().events[0]) is JobStarted


async def test_the_first_jobs_of_a_worker_are_told_too(
    broker: LedgerBroker, watching: Watchers, plain: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However late it has read who watches; and nothing to those who watch other jobs."""
    sent = [await plain.kiq() for _ in range(3)]
    read_late(broker, sent[-1].task_id, monkeypatch)
    async with watching.watch(Watch(job=sent[1].task_id)) as sight, working(broker.worker()):
        kinds: list[type] = []
        while kinds[-1:] != [JobSucceeded]:
            assert await sight.wait(10)
            taken = sight.take()
            assert {event.id for event in taken.events} == {sent[1].task_id}
            kinds += [type(event) for event in taken.events]
        assert kinds == [JobStarted, JobSucceeded]


async def test_more_first_jobs_than_are_kept_are_said_to_be_missed(
    broker: LedgerBroker, watching: Watchers, plain: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "MOST_AT_ONCE", 5)
    sent = [await plain.kiq() for _ in range(9)]
    read_late(broker, sent[-1].task_id, monkeypatch)
    async with watching.watch(Watch()) as sight, working(broker.worker()):
        missed = False
        while not missed:
            assert await sight.wait(10)
            missed = sight.take().missed


async def test_a_watcher_that_was_killed_is_forgotten(
    broker: LedgerBroker, connection: Connection, plain: Any
) -> None:
    async with working(broker.worker()):
        await eventually(lambda: hears(broker), False)
        await connection.execute(
            "insert into horarium.watches "
            "values ('dead', '[{}]', clock_timestamp() + interval '1.5 seconds')"
        )
        await connection.execute("select pg_notify('horarium_watches', '')")
        await eventually(lambda: hears(broker))
        await eventually(lambda: hears(broker), False)


async def test_watches_are_renewed(
    watching: Watchers, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchers, "HOLD", 0.9)
    sql = "select until from horarium.watches"
    async with watching.watch(Watch()):
        first = await connection.fetchval(sql)

        async def renewed() -> bool:
            return bool(await connection.fetchval(sql) > first)

        await eventually(renewed)


async def test_a_slow_watcher_loses_the_oldest_and_is_told(
    broker: LedgerBroker, watching: Watchers, plain: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchers, "MOST_KEPT", 10)
    async with watching.watch(Watch()) as sight, working(broker.worker()):
        sent = [await plain.kiq() for _ in range(20)]
        for each in sent:
            await ended(broker.ledger, each.task_id)

        async def newest() -> Any:
            return sight._events[-1].id if sight._events else None

        await eventually(newest, sent[-1].task_id)
        taken = sight.take()
    assert len(taken.events) == 10
    assert taken.missed


async def test_a_worker_that_has_too_much_to_tell_says_so(
    broker: LedgerBroker, watching: Watchers, plain: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "MOST_AT_ONCE", 5)
    monkeypatch.setattr(relay, "LEAST_BETWEEN", 0.5)
    async with watching.watch(Watch()) as sight, working(broker.worker()):
        await broker.enqueue_many(plain, [() for _ in range(50)])
        seen: list[Any] = []
        missed = False
        while not missed:
            assert await sight.wait(10)
            taken = sight.take()
            seen += taken.events
            missed |= taken.missed
    assert len(seen) < 100


async def test_who_was_deaf_is_told_to_look(watching: Watchers, connection: Connection) -> None:
    async with watching.watch(Watch(job="a")) as sight:
        sight.take()
        await connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and application_name = 'horarium listener'"
        )
        assert await sight.wait(10)
        assert sight.take().missed


async def test_the_database_is_away(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchers, "_PATIENCE", 0.1)
    nowhere = Watchers(Database("postgresql://127.0.0.1:1/nowhere"))
    async with nowhere.watch(Watch()) as sight:
        assert not await sight.wait(0.05)
        assert not sight.over
    await nowhere.close()


async def test_the_end_of_the_process_ends_all_watches(watching: Watchers) -> None:
    async with watching.watch(Watch()) as sight:
        ending = asyncio.create_task(sight.wait(30))
        watching.end()
        assert await ending
        assert sight.over
    async with watching.watch(Watch()) as late:
        assert late.over
