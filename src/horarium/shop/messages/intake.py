"""The intake: messages that wait are done together, in one transaction, in their order.

While one transaction is on its way to the disk, messages gather for the next. Each is told how it
ended once that is committed; only then may it be acknowledged. What dies before leaves no trace,
and comes again; what dies after is known by its id, and changes nothing.

A transaction that fails is done again message by message, so that only the one at fault is refused.
A database that does not answer is waited for: messages stay with RabbitMQ meanwhile.
"""

import asyncio
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import asyncpg
import structlog

from horarium.database import Connection, Database, statement
from horarium.errors import HorariumError
from horarium.outage import TRANSIENT
from horarium.shop.messages.acts import Act, Subject, Unreadable, read, usable_id
from horarium.shop.messages.outcome import Ending, Outcome
from horarium.shop.placement import place
from horarium.shop.request import Placement

MOST = 500
"""Messages in one transaction at most."""
GATHER = 0.01
"""Seconds for which messages gather: nobody waits for them, and a transaction of many costs little
more than one of few."""
PAUSE = 1.0
"""Seconds between two tries while the database does not answer."""

_REFUSING = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.PLPGSQLError,
)
"""Errors of the database that are a message's fault. Every other one, such as a schema that is not
migrated, would refuse them all: it is waited for until somebody has mended it."""
_log = structlog.get_logger()


class Message(NamedTuple):
    """A message as the intake sees it: its id, if it has one, and its act or why it has none."""

    id: str | None
    act: Act | Ending


def message(subject: Subject, body: bytes, message_id: str | None) -> Message:
    """A message read; its `event_id` goes before the id that its transport gave it."""
    try:
        event_id, act = read(subject, body)
    except Unreadable as error:
        return Message(None, Ending(Outcome.UNREADABLE, str(error)))
    except HorariumError as error:
        return Message(None, Ending(Outcome.REFUSED, str(error)))
    if event_id is None and message_id and usable_id(message_id):
        event_id = message_id
    return Message(event_id, act)


class _Waiting(NamedTuple):
    message: Message
    ending: "asyncio.Future[Ending]"


class Intake:
    """Does the messages of one queue. It runs where its caller does: `run` until cancelled."""

    def __init__(self, database: Database, queue: str) -> None:
        self._database = database
        self._queue = queue
        self._waiting: list[_Waiting] = []
        self._arrived = asyncio.Event()

    async def take(self, taken: Message) -> Ending:
        """How the message ended, once that is committed."""
        ending: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(taken, ending))
        self._arrived.set()
        return await ending

    async def run(self) -> None:
        """Do what arrives until cancelled."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while batch := self._next():
                await self._do(batch)
                await asyncio.sleep(GATHER)

    def _next(self) -> list[_Waiting]:
        """The messages of the next transaction: none of them has the id of another."""
        ids: set[str] = set()
        end = 0
        for end, (waiting, _) in enumerate(self._waiting[:MOST], start=1):
            if waiting.id in ids:
                end -= 1
                break
            if waiting.id is not None:
                ids.add(waiting.id)
        batch, self._waiting = self._waiting[:end], self._waiting[end:]
        return batch

    async def _do(self, batch: Sequence[_Waiting]) -> None:
        messages = [each.message for each in batch]
        try:
            endings = await self._patiently(messages)
        except Exception as error:  # noqa: BLE001 - the loop's top: it is this message's fault
            if len(batch) > 1:
                for each in batch:
                    await self._do([each])
                return
            trace = "".join(traceback.format_exception(error))
            _log.error("a message was refused for an error", queue=self._queue, exception=trace)
            endings = [Ending(Outcome.REFUSED, f"unexpected error: {type(error).__name__}")]
        for each, ending in zip(batch, endings, strict=True):
            if not each.ending.done():
                each.ending.set_result(ending)

    async def _patiently(self, messages: Sequence[Message]) -> list[Ending]:
        while True:
            try:
                async with self._database.connection() as connection, connection.transaction():
                    return await do(connection, self._queue, messages)
            except _REFUSING:
                raise
            except (*TRANSIENT, asyncpg.PostgresError) as error:
                _log.warning("messages wait for the database", error=str(error))
                await asyncio.sleep(PAUSE)


async def do(connection: Connection, queue: str, messages: Sequence[Message]) -> list[Ending]:
    """Do messages in their order, in the transaction of the caller's: how each ended."""
    ids = [each.id for each in messages if each.id is not None]
    rows = await connection.fetch(statement(__package__, "receive"), queue, ids) if ids else []
    received = {row["id"] for row in rows}
    endings: list[Ending] = []
    for run in _runs(messages):
        endings += await _done(connection, run, received)
    refused = [
        each.id
        for each, ending in zip(messages, endings, strict=True)
        if each.id is not None and ending.outcome.dead
    ]
    if refused:
        await connection.execute(statement(__package__, "forget"), queue, refused)
    counts = Counter(ending.outcome.value for ending in endings)
    await connection.execute(
        statement(__package__, "count"), queue, list(counts), list(counts.values())
    )
    return endings


def _runs(messages: Sequence[Message]) -> Iterator[list[Message]]:
    """The messages in their order, with orders to be placed that follow each other together."""
    run: list[Message] = []
    for each in messages:
        if run and not (isinstance(each.act, Placement) and isinstance(run[0].act, Placement)):
            yield run
            run = []
        run.append(each)
    if run:
        yield run


async def _done(connection: Connection, run: list[Message], received: set[str]) -> list[Ending]:
    new = [each for each in run if each.id is None or each.id in received]
    placements = [each.act for each in new if isinstance(each.act, Placement)]
    if placements:
        outcomes = await place(connection, placements)
        endings = iter([_ending(outcome) for outcome in outcomes])
    else:
        endings = iter([await _alone(connection, each.act) for each in new])
    known = {id(each) for each in new}
    return [next(endings) if id(each) in known else Ending(Outcome.REPEATED) for each in run]


async def _alone(connection: Connection, act: Act | Ending) -> Ending:
    if isinstance(act, Ending):
        return act
    if isinstance(act, Placement):
        (outcome,) = await place(connection, [act])
        return _ending(outcome)
    try:
        async with connection.transaction():
            await act(connection)
    except HorariumError as error:
        return _ending(error)
    return Ending(Outcome.DONE)


def _ending(outcome: object) -> Ending:
    if isinstance(outcome, TRANSIENT):
        raise outcome
    if isinstance(outcome, HorariumError):
        return Ending(Outcome.REFUSED, str(outcome))
    return Ending(Outcome.DONE)
