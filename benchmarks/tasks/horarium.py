"""Horarium's tasks."""

import asyncpg

from benchmarks.tasks import Plain, record
from horarium import Horarium
from horarium.settings import load

_COLUMNS = (
    "id", "task", "queue", "priority", "arguments", "payload", "labels", "owner", "schedule",
    "fired_for", "state", "due_at", "enqueued_at", "expires_at",
)  # fmt: skip
"""Those that `enqueue_many` writes."""

app = Horarium(builtin=False)
broker = app.broker


@broker.task("noop")
async def noop() -> int:
    return 1


@broker.task("stamped")
async def stamped(sent: float) -> int:
    record(sent)
    return 1


class HorariumSender(Plain):
    async def install(self) -> None:
        await app.migrate()
        await app.close()

    async def open(self, _: int, /) -> None:
        await broker.startup()
        await app.database.open()

    async def many(self, count: int, /) -> None:
        await app.enqueue_many(noop, [()] * count)

    async def one(self) -> None:
        await noop.kiq()

    async def stamped(self, sent: float) -> None:
        await stamped.kiq(sent)

    async def close(self) -> None:
        await broker.shutdown()


class CopySender(HorariumSender):
    """The limit of `enqueue_many`: the same rows, ready-made, in one COPY into the same table."""

    async def open(self, count: int, /) -> None:
        self._connection = await asyncpg.connect(load().database_url)
        await self._connection.execute("truncate horarium.jobs")
        await super().open(count)
        await super().many(count)
        await super().close()
        names = ", ".join(_COLUMNS)
        rows = await self._connection.fetch(f"select {names} from horarium.jobs order by id")
        self._rows = [tuple(row) for row in rows]
        await self._connection.execute("truncate horarium.jobs")

    async def many(self, _: int, /) -> None:
        await self._connection.copy_records_to_table(
            "jobs", schema_name="horarium", records=self._rows, columns=_COLUMNS
        )

    async def close(self) -> None:
        await self._connection.close()


sender = HorariumSender()
copy = CopySender()
