"""Procrastinate's tasks."""

# mypy: disable-error-code="import-not-found,import-untyped,untyped-decorator"

import os

import procrastinate

from benchmarks.tasks import Plain, record

_AT_ONCE = 5_000

app = procrastinate.App(
    connector=procrastinate.PsycopgConnector(
        conninfo=os.environ.get("BENCH_DATABASE_URL", ""), min_size=2, max_size=10
    )
)


@app.task(name="noop")
async def noop() -> int:
    return 1


@app.task(name="stamped")
async def stamped(sent: float) -> int:
    record(sent)
    return 1


class ProcrastinateSender(Plain):
    async def install(self) -> None:
        async with app.open_async():
            await app.schema_manager.apply_schema_async()

    async def open(self, _: int, /) -> None:
        await app.open_async()

    async def many(self, count: int) -> None:
        for first in range(0, count, _AT_ONCE):
            await noop.batch_defer_async(*[{}] * min(_AT_ONCE, count - first))

    async def one(self) -> None:
        await noop.defer_async()

    async def stamped(self, sent: float) -> None:
        await stamped.defer_async(sent=sent)

    async def close(self) -> None:
        await app.close_async()


sender = ProcrastinateSender()
