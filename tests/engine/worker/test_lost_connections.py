"""Connections are cut under each part of the worker, and answers are lost: work goes on."""

import asyncio
from typing import Any

import asyncpg
import msgspec
import pytest
from workplace import attempts, ended, enqueue, eventually, states, working

from horarium.database import Connection, Database
from horarium.engine import Ledger, LedgerBroker, State
from horarium.engine.worker.finisher import Finisher
from horarium.errors import Unavailable
from horarium.events import Events
from horarium.settings import Settings

PARTS = ("claim", "finish", "listener", "heartbeat")
LOST = asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")


async def cut(connection: Connection, part: str) -> int:
    """Cut this part's connections; returns how many there were."""
    rows = await connection.fetch(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and application_name = $1",
        f"horarium {part}",
    )
    return len(rows)


@pytest.mark.parametrize("part", PARTS)
async def test_work_goes_on(
    broker: LedgerBroker, ledger: Ledger, connection: Connection, part: str
) -> None:
    runs: list[int] = []

    @broker.task
    async def note(n: int) -> None:
        runs.append(n)

    async with working(broker.worker()):
        await ended(ledger, (await note.kiq(0)).task_id)
        for n in range(2):
            await broker.enqueue_many(note, [(20 * n + k,) for k in range(20)])
            await eventually(lambda: cut(connection, part), 1)
            await eventually(ledger.counts, {State.SUCCEEDED: 20 * (n + 1) + 1})
    # The claim's answer or the commit's may have been lost: at least once.
    assert set(runs) == set(range(40))


async def test_a_claim_whose_answer_is_lost_comes_again(
    broker: LedgerBroker, ledger: Ledger
) -> None:
    """Without an audit it would be running for ever, in a worker that does not know of it."""

    @broker.task("t")
    async def work() -> int:
        return 1

    claim = ledger.claim
    lost: list[Any] = []

    async def lose_the_first(*given: Any) -> Any:
        claims = await claim(*given)
        if claims and not lost:
            lost.append(claims)
            raise LOST
        return claims

    ledger.claim = lose_the_first  # type: ignore[method-assign]
    await enqueue(ledger, "a", "b")
    async with working(broker.worker()):
        for job in ("a", "b"):
            found = await ended(ledger, job)
            assert (found.state, found.attempt) == (State.SUCCEEDED, 1)
    assert len(lost[0]) == 2


async def test_an_outcome_whose_answer_is_lost_is_written_once(
    broker: LedgerBroker, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = []

    @broker.task("t", max_retries=3, retry_delay=60.0)
    async def work(fall: bool = False) -> None:
        runs.append(1)
        if fall:
            raise ValueError

    record = Finisher._record
    lost: list[Any] = []

    async def lose_the_first(finisher: Finisher, held: Any) -> Any:
        accepted = await record(finisher, held)
        if len(lost) < 2:
            lost.append(held)
            raise LOST
        return accepted

    monkeypatch.setattr(Finisher, "_record", lose_the_first)
    async with working(broker.worker()):
        sent = await work.kiq()
        assert (await ended(ledger, sent.task_id)).state is State.SUCCEEDED
        await eventually(lambda: asyncio.sleep(0, len(lost)), 2)
        fallen = await work.kiq(fall=True)
        await eventually(lambda: states(ledger, fallen.task_id), ["retrying"])
    assert len(runs) == 2
    assert await attempts(ledger, fallen.task_id) == [(1, "failed")]


async def test_outcomes_wait_for_a_database_that_is_away(
    broker: LedgerBroker, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("horarium.engine.worker.finisher.MOST_KEPT", 5)
    away = asyncio.Event()
    record = Finisher._record

    async def refuse(finisher: Finisher, held: Any) -> Any:
        if not away.is_set():
            raise LOST
        return await record(finisher, held)

    monkeypatch.setattr(Finisher, "_record", refuse)

    @broker.task
    async def work(n: int) -> None: ...

    await broker.enqueue_many(work, [(n,) for n in range(40)])
    worker = broker.worker(slots=5)
    async with working(worker):
        await eventually(lambda: asyncio.sleep(0, worker._finisher.full))
        await eventually(lambda: asyncio.sleep(0, len(worker._runs)), 0)
        # It takes no more than it can keep.
        assert (await ledger.counts())[State.RUNNING] <= 10
        away.set()
        await eventually(ledger.counts, {State.SUCCEEDED: 40})


async def test_a_worker_that_cannot_write_stops_all_the_same(
    broker: LedgerBroker, ledger: Ledger, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: Any) -> Any:
        raise LOST

    monkeypatch.setattr(Finisher, "_record", refuse)
    monkeypatch.setattr("horarium.engine.worker.finisher.MOST_KEPT", 5)
    broker.settings = msgspec.structs.replace(settings, shutdown=0.2)

    @broker.task
    async def work(n: int) -> None: ...

    await broker.enqueue_many(work, [(n,) for n in range(40)])
    worker = broker.worker()
    async with working(worker):
        await eventually(lambda: asyncio.sleep(0, worker._finisher.full))
    monkeypatch.undo()
    async with working(broker.worker()):
        await eventually(ledger.counts, {State.SUCCEEDED: 40})


async def test_a_start_without_a_database_says_so(settings: Settings) -> None:
    nowhere = Database("postgresql://ada:secret@127.0.0.1:1/none")
    broker = LedgerBroker(Ledger(nowhere), settings, Events())
    with pytest.raises(Unavailable, match=r"ada:\*\*\*@127.0.0.1:1"):
        await broker.worker().run()
