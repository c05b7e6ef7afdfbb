"""Horarium with its own worker, and the same tasks under TaskIQ's `taskiq worker`.

Settings: 1,000 jobs at once, instead of 100: a claim takes half of the free slots, and so what
PgQueuer's batch and the bare loop's take, 500; all else as installed. Both run with the Python that
runs the benchmarks.
"""

from collections.abc import Callable
from pathlib import Path

from benchmarks.peer import OnPostgres, product_python
from benchmarks.servers import Servers

_SLOTS = "1000"


class Horarium(OnPostgres):
    name = "horarium"
    done_sql = "select count(*) from horarium.job_history where result is not null"
    span_sql = (
        "select extract(epoch from max(finished_at) - min(finished_at))::float8"
        " from horarium.job_history where result is not null"
    )
    empty_sql = "truncate horarium.jobs, horarium.job_history, horarium.attempts, horarium.workers"

    def __init__(self, servers: Servers, _: Callable[[], Path]) -> None:
        super().__init__(servers, product_python)

    @property
    def module(self) -> str:
        return "horarium"

    def environment(self) -> dict[str, str]:
        return {
            **super().environment(),
            "HORARIUM_CONCURRENCY": _SLOTS,
            "HORARIUM_APP": "benchmarks.tasks.horarium:app",
            "HORARIUM_LOG_LEVEL": "warning",
        }

    def commands(self, processes: int) -> list[list[str]]:
        return [[self._python, "-m", "horarium", "worker"]] * processes


class HorariumUnderTaskiq(Horarium):
    name = "horarium-taskiq"

    def commands(self, processes: int) -> list[list[str]]:
        return [
            [self._python, "-m", "taskiq", "worker", "benchmarks.tasks.horarium:broker",
             "--workers", str(processes), "--max-async-tasks", _SLOTS, "--log-level", "WARNING"]
        ]  # fmt: skip


class CopyOfTheSame(Horarium):
    """One COPY of the rows that `enqueue_many` writes, into the same table."""

    name = "copy"

    @property
    def module(self) -> str:
        return "horarium:copy"


class HorariumWithHistory(Horarium):
    """A ledger with a past: finished jobs of the last four weeks."""

    name = "horarium-history"
    done_sql = "select {count} - count(*) from horarium.jobs"
    span_sql = (
        "select extract(epoch from max(finished_at) - min(finished_at))::float8"
        " from horarium.job_history where finished_at >= '{since}'"
    )
    empty_sql = "truncate horarium.jobs, horarium.attempts, horarium.workers"

    def __init__(self, servers: Servers, python: Callable[[], Path], history: int) -> None:
        super().__init__(servers, python)
        self._history = history

    async def open(self) -> None:
        await super().open()
        await self._connection.execute(
            "select horarium.prepare_history(now() - interval '1 month')"
        )
        for first in range(0, self._history, _AT_ONCE):
            last = min(first + _AT_ONCE, self._history)
            await self._connection.execute(_FINISHED, first + 1, last, self._history)

    async def prepare(self, count: int) -> None:
        await super().prepare(count)
        since = await self._connection.fetchval("select now()::text")
        self.done_sql = type(self).done_sql.format(count=count)
        self.span_sql = type(self).span_sql.format(since=since)


_AT_ONCE = 500_000

_FINISHED = """
insert into horarium.job_history (
    id, task, queue, priority, state, due_at, enqueued_at, attempt, worker, started_at,
    finished_at, arguments, result
)
select
    uuid_in(overlay(
        md5(n::text) placing lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0')
        from 1 for 12
    )::cstring)::text,
    'noop', 'default', 0, 'succeeded', at, at, 1, 1, at,
    at + interval '1 second', '{"args": [], "kwargs": {}}', '1'
from (
    select n, now() - interval '28 days' * (1 - n / $3::float8) as at
    from generate_series($1::bigint, $2::bigint) n
) past
"""
