"""Procrastinate.

Settings: concurrency 100, a pool of 10 psycopg connections (binary build), asyncio task, finished
jobs kept. It stores no results; the job's row and its events are its record.
"""

from benchmarks.peer import OnPostgres


class Procrastinate(OnPostgres):
    name = "procrastinate"
    done_sql = "select count(*) from procrastinate_jobs where status = 'succeeded'"
    span_sql = (
        "select extract(epoch from max(at) - min(at))::float8 from procrastinate_events"
        " where type = 'succeeded'"
    )
    empty_sql = "truncate procrastinate_jobs, procrastinate_events, procrastinate_workers cascade"

    def commands(self, processes: int) -> list[list[str]]:
        return [
            [self._python, "-m", "procrastinate", "--app", "benchmarks.tasks.procrastinate.app",
             "worker", "--concurrency", "100", "--delete-jobs", "never"]
        ] * processes  # fmt: skip
