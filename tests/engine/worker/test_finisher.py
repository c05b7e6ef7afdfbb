"""Outcomes are written in batches; one whose answer was lost is sent again as it was."""

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg
import pytest
from workplace import Claimer, NewClaimer, admit, enqueue, states

from horarium.database import Connection, Database
from horarium.engine import After, Ledger, NewJob, State
from horarium.engine.jobs.limits import Limits, encode
from horarium.engine.jobs.outcome import Held, Snoozed, Succeeded
from horarium.engine.worker import finisher
from horarium.engine.worker.board import Board
from horarium.engine.worker.finisher import Finisher
from horarium.events import Events
from horarium.link import Link

LOST = asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")


class Forgetful(Ledger):
    """Writes the first batch and loses the answer; the next is written when it is let."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.batches: list[list[str]] = []
        self.lost = asyncio.Event()
        self.let = asyncio.Event()

    async def finish(
        self, connection: Connection, worker: int, held: Sequence[Held], stopped: Any = None
    ) -> set[str]:
        self.batches.append([each.claim.id for each in held])
        if self.lost.is_set():
            await self.let.wait()
            return await super().finish(connection, worker, held, stopped)
        async with self.database.transaction() as other:
            await super().finish(other, worker, held, stopped)
        self.lost.set()
        raise LOST


async def test_a_snooze_that_was_written_does_not_undo_the_next_claim(
    database: Database,
    ledger: Ledger,
    connection: Connection,
    claimer: NewClaimer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same worker holds the job again, with the same number of the attempt."""
    monkeypatch.setattr(finisher, "_PAUSE", 0.0)
    worker: Claimer = await claimer()
    forgetful = Forgetful(database)
    link = Link(database, "finish")
    writing = Finisher(
        forgetful, link, lambda: None, Board(database, ledger.clock, Events()), Events()
    )
    await enqueue(ledger, "snoozed", "later")
    first = await worker.claim_one()
    answer = asyncio.create_task(writing.settle(first, Snoozed(0.0), 0.0))
    loop = asyncio.create_task(writing.run())
    try:
        # The first try is written, and its answer lost; now the worker claims once more.
        async with asyncio.timeout(30):
            await forgetful.lost.wait()
            await connection.execute(
                "update horarium.jobs set state = 'queued' where state = 'scheduled'"
            )
            again = await worker.claim(2)
            assert {claim.id: claim.attempt for claim in again} == {"snoozed": 1, "later": 1}
            done = [asyncio.create_task(writing.settle(e, Succeeded(b"1"), 0.0)) for e in again]
            forgetful.let.set()
            assert await asyncio.gather(*done) == [True, True]
            assert not await answer
    finally:
        loop.cancel()
        await link.close()
    assert forgetful.batches[1] == ["snoozed"]
    assert await ledger.counts() == {State.SUCCEEDED: 2}


class Counting(Ledger):
    """Remembers what came together."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.batches: list[list[str]] = []

    async def finish(
        self, connection: Connection, worker: int, held: Sequence[Held], stopped: Any = None
    ) -> set[str]:
        self.batches.append([each.claim.id for each in held])
        return await super().finish(connection, worker, held, stopped)

    async def finish_alone(
        self, connection: Connection, worker: int, held: Sequence[Held]
    ) -> set[str]:
        self.batches.append([each.claim.id for each in held])
        return await super().finish_alone(connection, worker, held)


@pytest.mark.parametrize(
    ("limits", "together"), [(None, [["b", "c"]]), (encode(Limits("k", 5)), [["b"], ["c"]])]
)
async def test_what_comes_while_others_are_written_waits_a_moment_for_more(
    database: Database,
    ledger: Ledger,
    claimer: NewClaimer,
    monkeypatch: pytest.MonkeyPatch,
    limits: bytes | None,
    together: list[list[str]],
) -> None:
    """Not where a key is held: others wait for it."""
    monkeypatch.setattr(finisher, "_GATHERING", 0.2)
    worker = await claimer()
    counting = Counting(database)
    link = Link(database, "finish")
    writing = Finisher(
        counting, link, lambda: None, Board(database, ledger.clock, Events()), Events()
    )
    await enqueue(ledger, "a", "b", "c", limits=limits)
    a, b, c = await admit(worker) if limits else await worker.claim(3)
    background = asyncio.create_task(writing.run())
    try:
        first = asyncio.create_task(writing.settle(a, Succeeded(), 0.0))
        while not counting.batches:
            await asyncio.sleep(0)
        writing.submit(b, Succeeded(), 0.0)
        assert await first
        if limits:
            while len(counting.batches) < 2:
                await asyncio.sleep(0)
        writing.submit(c, Succeeded(), 0.0)
        await asyncio.wait_for(writing.flush(), 5)
        assert counting.batches == [["a"], *together]
        assert await states(ledger, "a", "b", "c") == ["succeeded"] * 3
    finally:
        background.cancel()
        await link.close()


class Deadlocked(Ledger):
    """Its first transaction is a deadlock's victim; remembers what was written how."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.alone: list[list[str]] = []
        self.whole: list[list[str]] = []

    async def finish(
        self, connection: Connection, worker: int, held: Sequence[Held], stopped: Any = None
    ) -> set[str]:
        self.whole.append([each.claim.id for each in held])
        if len(self.whole) == 1:
            raise asyncpg.DeadlockDetectedError("deadlock detected")
        return await super().finish(connection, worker, held, stopped)

    async def finish_alone(
        self, connection: Connection, worker: int, held: Sequence[Held]
    ) -> set[str]:
        self.alone.append([each.claim.id for each in held])
        return await super().finish_alone(connection, worker, held)


async def test_what_is_written_by_itself_stays_so_whatever_becomes_of_the_rest(
    database: Database, ledger: Ledger, claimer: NewClaimer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finisher, "_PAUSE", 0.0)
    worker = await claimer()
    deadlocked = Deadlocked(database)
    link = Link(database, "finish")
    writing = Finisher(
        deadlocked, link, lambda: None, Board(database, ledger.clock, Events()), Events()
    )
    await enqueue(ledger, "a", "lone")
    assert await ledger.enqueue(NewJob(id="b", task="t", after=After(("a",))))
    told = [
        asyncio.create_task(writing.settle(claim, Succeeded(), 0.0))
        for claim in await worker.claim(2)
    ]
    await asyncio.sleep(0)
    background = asyncio.create_task(writing.run())
    try:
        assert await asyncio.wait_for(asyncio.gather(*told), 30) == [True, True]
    finally:
        background.cancel()
        await link.close()
    assert deadlocked.alone == [["a", "lone"]]
    assert deadlocked.whole == [["a"], ["a"]]
    assert await states(ledger, "a", "lone", "b") == ["succeeded", "succeeded", "queued"]
