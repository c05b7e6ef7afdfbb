"""The till: orders that arrive at the same moment are placed in one transaction.

While one transaction is on its way to the disk, orders gather; the next one takes all of them. Who
orders alone waits for nobody, and fifty who order the same product share a commit instead of
queueing for its row. The answers come with the commit, in the order of arrival, and a refusal
touches nobody else.

A transaction that fails, or waits too long for somebody's lock, is given up, and its orders are
placed one by one, each to its own end. None is placed twice by that: a request has its order's id
before it is tried (`horarium.shop.placement`).
"""

import asyncio
from contextvars import Context
from typing import NamedTuple

import asyncpg
import structlog

from horarium.database import Database
from horarium.errors import HorariumError, Unavailable
from horarium.shop.orders import Order
from horarium.shop.placement import create_order, place
from horarium.shop.request import NewOrder, Placement, placement
from horarium.transaction import current_connection

MOST = 200
"""Orders in one transaction at most: their answers come together."""
LANES = 2
"""Transactions at once, so that one which waits for a lock does not stop the shop."""
PATIENCE = "2s"
"""How long a transaction of many waits for a lock."""

_log = structlog.get_logger()


class _Waiting(NamedTuple):
    placement: Placement
    answer: "asyncio.Future[Order]"


class Till:
    """Places orders for many callers of one process at once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[_Waiting] = []
        self._lanes = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def place(self, new: NewOrder) -> Order:
        """Place an order, together with others that arrive now, and return it once committed.

        Within a transaction of the caller's it joins that one instead.

        Raises:
            InvalidInput, InsufficientStock, Conflict: as `create_order`.
        """
        if (connection := current_connection()) is not None:
            return await create_order(connection, new)
        answer: asyncio.Future[Order] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(placement(new), answer))
        self._open_lane()
        return await answer

    def _open_lane(self) -> None:
        if self._lanes >= LANES:
            return
        # Not in the caller's context: what it has set there, others' orders must not see.
        self._lanes += 1
        lane = asyncio.create_task(self._work(), name="till", context=Context())
        self._tasks.add(lane)
        lane.add_done_callback(self._tasks.discard)

    async def _work(self) -> None:
        """Place what waits until nothing does."""
        # One turn of the loop: who arrives in it comes along.
        await asyncio.sleep(0)
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._place(batch)
        finally:
            # Here, with no turn of the loop since nothing waited: who came when a lane has ended,
            # but is still counted, would wait for a lane that nobody opens.
            self._lanes -= 1

    async def _place(self, batch: list[_Waiting]) -> None:
        try:
            outcomes = await self._together(batch)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, Unavailable) as error:
            await self._one_by_one(batch, error)
        except BaseException as error:
            _fail(batch, error)
            raise
        else:
            for each, outcome in zip(batch, outcomes, strict=True):
                _settle(each.answer, outcome)

    async def _together(self, batch: list[_Waiting]) -> list[Order | HorariumError]:
        async with self._database.connection() as connection, connection.transaction():
            if len(batch) > 1:
                await connection.execute(f"set local lock_timeout = '{PATIENCE}'")
            return await place(connection, [each.placement for each in batch])

    async def _one_by_one(self, batch: list[_Waiting], error: Exception) -> None:
        """Each of a batch that failed in a transaction of its own, so that one fails alone."""
        if len(batch) == 1:
            _settle(batch[0].answer, error)
            return
        _log.warning("orders are placed one by one", orders=len(batch), error=str(error))
        await asyncio.gather(*(self._alone(each) for each in batch))

    async def _alone(self, waiting: _Waiting) -> None:
        try:
            (outcome,) = await self._together([waiting])
        except Exception as error:  # noqa: BLE001 - it is its caller's, who waits for it
            _settle(waiting.answer, error)
        else:
            _settle(waiting.answer, outcome)


def _settle(answer: "asyncio.Future[Order]", outcome: Order | Exception) -> None:
    if answer.done():
        return  # its caller has gone
    if isinstance(outcome, Exception):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)


def _fail(batch: list[_Waiting], error: BaseException) -> None:
    """Let nobody wait for a lane that ends."""
    for each in batch:
        if isinstance(error, Exception):
            _settle(each.answer, error)
        else:
            each.answer.cancel()
