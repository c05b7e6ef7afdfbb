"""The bare loop itself: `python -m benchmarks.tasks.bare WORKER`."""

import asyncio
import os
import signal
import sys
from typing import Any

import asyncpg

from benchmarks.tasks import Plain, record

_URL = os.environ.get("BENCH_DATABASE_URL", "")
_BATCH = 500
_PAUSE = 0.02

INSTALL = """
create schema bare;
create table bare.jobs (
    id text collate "C" not null primary key,
    task text not null,
    queue text not null default 'default',
    priority smallint not null default 0,
    state text not null,
    due_at timestamptz not null,
    enqueued_at timestamptz not null default now(),
    expires_at timestamptz,
    attempt integer not null default 0,
    worker bigint,
    started_at timestamptz,
    owner text,
    schedule text collate "C",
    fired_for timestamptz,
    arguments jsonb,
    payload bytea,
    labels jsonb,
    error jsonb,
    cancelling boolean not null default false,
    awaited boolean not null default false
) with (fillfactor = 85);
create index on bare.jobs (queue, priority desc, due_at, id) where state = 'queued';
create table bare.history (
    id text collate "C" not null,
    task text not null,
    queue text not null,
    priority smallint not null,
    state text not null,
    due_at timestamptz not null,
    enqueued_at timestamptz not null,
    attempt integer not null,
    worker bigint,
    started_at timestamptz,
    finished_at timestamptz not null,
    owner text,
    schedule text collate "C",
    fired_for timestamptz,
    arguments jsonb,
    payload bytea,
    labels jsonb,
    result jsonb,
    error jsonb
);
create index on bare.history (id);
"""

CLAIM = """
update bare.jobs
set state = 'running', worker = $1, attempt = attempt + 1, started_at = clock_timestamp()
where ctid = any (array(
    select ctid from bare.jobs where state = 'queued' and queue = 'default'
    order by priority desc, due_at, id limit $2 for update skip locked
))
returning id, attempt, task, arguments
"""

FINISH = """
with outcome as (
    select * from unnest($2::text[], $3::int[], $4::jsonb[]) as outcome (id, attempt, result)
),
ended as (
    delete from bare.jobs j using outcome o
    where j.id = o.id and j.worker = $1 and j.attempt = o.attempt
    returning j.*, o.result
)
insert into bare.history (
    id, task, queue, priority, state, due_at, enqueued_at, attempt, worker, started_at,
    finished_at, owner, schedule, fired_for, arguments, payload, labels, result, error
)
select
    id, task, queue, priority, 'succeeded', due_at, enqueued_at, attempt, worker, started_at,
    clock_timestamp(), owner, schedule, fired_for, arguments, payload, labels, result, error
from ended
"""

ENQUEUE = """
insert into bare.jobs (id, task, state, due_at, arguments)
select uuid_in(overlay(
        md5(random()::text || n)
        placing lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0')
        from 1 for 12
    )::cstring)::text,
    $2, 'queued', now(), $3::jsonb
from generate_series(1, $1) n
"""

_PLANS = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}


async def loop(worker: int) -> None:
    """Claim and finish, a batch on its way in each direction, until ended."""
    claiming = await asyncpg.connect(_URL, server_settings=_PLANS)
    finishing = await asyncpg.connect(_URL, server_settings=_PLANS)
    claimed = await claiming.fetch(CLAIM, worker, _BATCH)
    while True:
        if not claimed:
            await asyncio.sleep(_PAUSE)
        claimed, _ = await asyncio.gather(
            claiming.fetch(CLAIM, worker, _BATCH), _finish(finishing, worker, claimed)
        )


async def _finish(connection: Any, worker: int, claimed: list[Any]) -> None:
    for job in claimed:
        if job["task"] == "stamped":
            record(float(job["arguments"]))
    if claimed:
        ids, attempts = [job["id"] for job in claimed], [job["attempt"] for job in claimed]
        await connection.execute(FINISH, worker, ids, attempts, ["1"] * len(ids))


class BareSender(Plain):
    async def install(self) -> None:
        connection = await asyncpg.connect(_URL)
        await connection.execute(INSTALL)
        await connection.close()

    async def open(self, _: int, /) -> None:
        self._connection = await asyncpg.connect(_URL)

    async def many(self, count: int) -> None:
        await self._connection.execute(ENQUEUE, count, "noop", '{"args": [], "kwargs": {}}')

    async def one(self) -> None:
        await self.many(1)

    async def stamped(self, sent: float) -> None:
        await self._connection.execute(ENQUEUE, 1, "stamped", repr(sent))

    async def close(self) -> None:
        await self._connection.close()


sender = BareSender()

if __name__ == "__main__":
    import uvloop

    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    uvloop.run(loop(int(sys.argv[1])))
