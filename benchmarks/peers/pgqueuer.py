"""PgQueuer, batch of 500.

Settings: `--batch-size 500`, a pool of asyncpg connections (so that claims and completions go side
by side), uvloop, its log level at WARNING. It stores no results. Its own record of what became of
a job is as cheap as it can be set: the log table unlogged (durability `balanced`; the queue itself
is durable) and the aggregation of that log not run.
"""

from benchmarks.peer import OnPostgres


class PgQueuer(OnPostgres):
    name = "pgqueuer"
    done_sql = "select count(*) from pgqueuer_log where status = 'successful'"
    span_sql = (
        "select extract(epoch from max(created) - min(created))::float8 from pgqueuer_log"
        " where status = 'successful'"
    )
    empty_sql = "truncate pgqueuer, pgqueuer_log, pgqueuer_statistics"

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "PGQUEUER_DURABILITY": "balanced"}

    def commands(self, processes: int) -> list[list[str]]:
        return [[self._python, "-m", "benchmarks.tasks.pgqueuer"]] * processes
