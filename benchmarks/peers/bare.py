"""The bare SQL loop of claim and finish: the limit for anything that does this in PostgreSQL.

The tables have the columns of Horarium's own, with the two indexes that the loop needs and none of
the checks. Two asyncpg connections: one claims 500 (`for update skip locked`), the other moves the
batch before it to history with a result, at the same time. No task is called.
"""

from collections.abc import Callable
from pathlib import Path

from benchmarks.peer import OnPostgres, product_python
from benchmarks.servers import Servers


class Bare(OnPostgres):
    name = "bare"
    done_sql = "select count(*) from bare.history"
    span_sql = (
        "select extract(epoch from max(finished_at) - min(finished_at))::float8 from bare.history"
    )
    empty_sql = "truncate bare.jobs, bare.history"

    def __init__(self, servers: Servers, _: Callable[[], Path]) -> None:
        super().__init__(servers, product_python)

    def commands(self, processes: int) -> list[list[str]]:
        return [[self._python, "-m", "benchmarks.tasks.bare", str(n + 1)] for n in range(processes)]
