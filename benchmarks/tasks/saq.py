"""SAQ's tasks."""

# mypy: disable-error-code="import-not-found,import-untyped,untyped-decorator"

import os
from typing import Any

from saq import Queue

from benchmarks.tasks import Plain, record

_COPIES = """
insert into saq_jobs (key, job, queue, status, priority, group_key, scheduled)
select
    n::text,
    convert_to(replace(convert_from(job, 'UTF8'), %(key)s, n::text), 'UTF8'),
    queue, status, priority, group_key, scheduled
from saq_jobs, generate_series(2, %(count)s) n
where key = %(key)s
"""

queue = Queue.from_url(os.environ.get("BENCH_DATABASE_URL", ""), name="default")


async def noop(_: dict[str, Any]) -> int:
    return 1


async def stamped(_: dict[str, Any], *, sent: float) -> int:
    record(sent)
    return 1


settings = {"queue": queue, "functions": [noop, stamped], "concurrency": 100}


class SaqSender(Plain):
    async def install(self) -> None:
        await queue.connect()
        await queue.disconnect()

    async def open(self, _: int, /) -> None:
        await queue.connect()

    async def many(self, count: int) -> None:
        # One job by its own hand, the others as copies of that row: it has no way to send many.
        job = await queue.enqueue("noop")
        if job is not None:
            async with queue.pool.connection() as connection:
                await connection.execute(_COPIES, {"key": job.key, "count": count})

    async def one(self) -> None:
        await queue.enqueue("noop")

    async def stamped(self, sent: float) -> None:
        await queue.enqueue("stamped", sent=sent)

    async def close(self) -> None:
        await queue.disconnect()


sender = SaqSender()
