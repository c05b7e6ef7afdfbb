"""SAQ on PostgreSQL.

Settings: concurrency 100 (its dequeue takes as many at once as wait), a pool of 4 to 20 psycopg
connections, results in the job's row.
"""

from benchmarks.peer import OnPostgres


class Saq(OnPostgres):
    name = "saq"
    done_sql = "select count(*) from saq_jobs where status = 'complete'"
    span_sql = (
        "select (max(completed) - min(completed)) / 1000.0 from ("
        "  select (convert_from(job, 'UTF8')::json ->> 'completed')::float8 as completed"
        "  from saq_jobs where status = 'complete') each"
    )
    empty_sql = "truncate saq_jobs, saq_stats"

    def commands(self, processes: int) -> list[list[str]]:
        command = [self._script("saq"), "benchmarks.tasks.saq.settings"]
        return [[*command, "--workers", str(processes)]]
