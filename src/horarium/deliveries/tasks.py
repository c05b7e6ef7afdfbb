"""Deliveries of final revisions: noted and enqueued with the build, sent by jobs of their own.

When a build has left its period final, each route that takes the revision gets a row in
`horarium.deliveries` for each of its readers, and the job that sends it, all in the build's
transaction: a revision and its deliveries are there together, or neither is. The row's unique key
forbids a second one, however often the period is built or checked.

A job sends its delivery and notes that in one commit with its outcome. Whoever dies between the
receiver's yes and that commit is followed by another attempt, so a receiver may see a delivery
twice; it has the same id each time. A revision that a newer one has replaced before it was sent is
not sent: the newer one has deliveries of its own, and the rows of the older are gone.
"""

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from datetime import date, datetime
from typing import Any

import msgspec
from uuid_utils.compat import uuid7

from horarium.builtin_tasks import DELIVER
from horarium.database import Connection, Database, statement
from horarium.deliveries.letter import Finality
from horarium.deliveries.records import Delivery, DeliveryState, read_delivery
from horarium.deliveries.route import Route, routes
from horarium.deliveries.sending import Sender, Taken
from horarium.deliveries.webhook import Undeliverable
from horarium.engine import JobConnection, LedgerBroker, Snooze
from horarium.errors import Conflict, HorariumError, InvalidInput, NotFound
from horarium.exports import ExportTasks, MissingExtra
from horarium.reports.announcement import announce_to
from horarium.settings import Settings
from horarium.transaction import current_connection, joined

QUEUE = "deliveries"
TASK = DELIVER
UNDER_WAY = 30.0
"""Seconds after which a job looks again at a delivery that another attempt has in hand."""

_RETRIES = {
    "retry_on_error": True, "max_retries": 8, "retry_delay": 30, "retry_backoff": 3,
    "retry_max_delay": 14_400, "retry_jitter": 0.2,
    "discard_on": [Undeliverable, InvalidInput, NotFound, MissingExtra],
}  # fmt: skip


class Sent(msgspec.Struct, frozen=True):
    """The result of a delivery's job."""

    delivery: str
    state: str
    size: int = 0


class DeliveryTasks:
    """The deliveries of an application: noting them, and the task that sends them.

    Raises:
        InvalidSetting: a route cannot be used.
    """

    def __init__(
        self, broker: LedgerBroker, database: Database, settings: Settings, exports: ExportTasks
    ) -> None:
        self.database = database
        self.routes = routes(settings.deliveries, settings.secrets)
        self._sender = Sender(database, settings, exports)
        self._ledger = broker.ledger
        self._deliver: Any = broker.register_task(
            _task(self.deliver), TASK, queue=QUEUE, **_RETRIES
        )
        if self.routes:
            announce_to(self)

    # Noting

    async def final(self, connection: Connection, report: str, starts_at: datetime) -> None:
        """Note the deliveries of a period's current revision, if it is final."""
        row = await connection.fetchrow(_sql("final_revision"), report, starts_at)
        if row is None:
            return
        for route in self.routes.values():
            if route.takes(report, row["reason"], row["age"]):
                await self._note(connection, route, row)

    async def deliver_day(
        self, connection: Connection, report: str, day: date, name: str | None = None
    ) -> list[Delivery]:
        """Note the deliveries of a day's final revisions now, whatever their age and reason.

        Args:
            name: of the one route that they go; without it all that take the report.

        Returns:
            Those that are new: what was delivered before is not delivered again.

        Raises:
            NotFound: nothing of that day is final, or no route takes the report.
        """
        taken = self._routes(report, name)
        starts = await connection.fetch(_sql("final_of_day"), report, day)
        if not starts:
            raise NotFound(f"the report {report[:100]} has no final revision of {day}")
        new: list[str] = []
        for each in starts:
            row = await connection.fetchrow(_sql("final_revision"), report, each["starts_at"])
            for route in taken:
                new += await self._note(connection, route, row)
        return [await read_delivery(connection, id) for id in new]

    async def retry(self, connection: Connection, id: str, *, again: bool = False) -> Delivery:
        """Have a delivery that was given up sent once more, in the connection's transaction.

        Args:
            again: also one that arrived, or that a newer revision replaced.

        Raises:
            NotFound: there is none of this id.
            Conflict: it arrived, was replaced, or its job is still trying.
        """
        found = await read_delivery(connection, id)
        if found.state in (DeliveryState.DELIVERED, DeliveryState.SUPERSEDED):
            if not again:
                raise Conflict(f"the delivery {id} is {found.state}; say again to send it anyway")
            await connection.execute(_sql("send_again"), id)
        elif found.state in (DeliveryState.WAITING, DeliveryState.RETRYING):
            raise Conflict(f"the job {found.job} is still trying to send the delivery {id}")
        await self._ledger.run_again(found.job)
        return await read_delivery(connection, id)

    def _routes(self, report: str, name: str | None) -> list[Route]:
        taken = [each for each in self.routes.values() if each.report in ("*", report)]
        if name is not None:
            taken = [each for each in taken if each.name == name]
        if not taken:
            known = ", ".join(sorted(self.routes)) or "none at all"
            raise NotFound(f"no route takes the report {report[:100]}; routes: {known}")
        return taken

    async def _note(self, connection: Connection, route: Route, row: Any) -> list[str]:
        new = []
        for recipient in route.recipients:
            job = str(uuid7())
            id = await connection.fetchval(
                _sql("record_delivery"),
                *(str(uuid7()), row["report"], row["starts_at"], row["day"], row["revision"]),
                *(route.name, route.channel, recipient, route.format.value, row["reason"], job),
            )
            if id is not None:
                await self._enqueue(connection, id, job)
                new.append(id)
        return new

    async def _enqueue(self, connection: Connection, id: str, job: str) -> None:
        with ExitStack() as stack:
            if current_connection() is None:
                stack.enter_context(joined(connection))
            await self._deliver.kicker().with_task_id(job).kiq(id)

    # Sending

    async def deliver(self, id: str, connection: Connection) -> Sent | Snooze:
        """Send a delivery; what it notes commits with the job that calls it."""
        row = await connection.fetchrow(_sql("take_delivery"), id)
        if row is None:
            raise NotFound(f"there is no delivery {id!r}")
        if not row["mine"]:
            return Snooze(UNDER_WAY)
        if row["delivered"]:
            return Sent(id, "delivered")
        taken = await self._taken(id, row)
        size = None if taken is None else await self._try(taken)
        if size is None:
            await connection.execute(_sql("superseded"), id)
            return Sent(id, "superseded")
        await connection.execute(_sql("delivered"), id, size)
        return Sent(id, "delivered", size)

    async def _taken(self, id: str, row: Any) -> Taken | None:
        """What is to be sent; none where another revision has taken its place."""
        if row["current"] != row["revision"]:
            return None
        route = self.routes.get(row["route"])
        if route is None:
            reason = f"there is no route {row['route']!r} any more; put it back, or cancel the job"
            await self._not_delivered(id, reason)
            raise Undeliverable(reason)
        names = Finality.__struct_fields__
        final = Finality(**{name: row[name] for name in names})
        return Taken(id, route, row["recipient"], final, msgspec.json.decode(row["summary"]))

    async def _try(self, taken: Taken) -> int | None:
        try:
            return await self._sender.send(taken)
        except HorariumError as error:
            await self._not_delivered(taken.id, str(error))
            raise

    async def _not_delivered(self, id: str, reason: str) -> None:
        # Not on the job's transaction, which is undone with its failure.
        connection = await self.database.connect("horarium delivery")
        try:
            await connection.execute(_sql("not_delivered"), id, reason[:1000])
        finally:
            await connection.close()


def _task(
    deliver: Callable[[str, Connection], Awaitable[Sent | Snooze]],
) -> Callable[..., Awaitable[Any]]:
    async def deliver_revision(delivery: str, connection: JobConnection) -> Any:
        """Send a final revision to one reader."""
        return await deliver(delivery, connection)

    return deliver_revision


def _sql(name: str) -> str:
    return statement(__package__, name)
