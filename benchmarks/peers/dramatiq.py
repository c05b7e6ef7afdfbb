"""Dramatiq on Redis, results in Redis.

Settings: 16 threads a process, its Prometheus and time-limit middleware left out, prefetch 500,
results kept ten minutes.
"""

from benchmarks.peer import WithRedis


class DramatiqRedis(WithRedis):
    name = "dramatiq"

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "dramatiq_queue_prefetch": "500"}

    def commands(self, processes: int) -> list[list[str]]:
        return [
            [self._python, "-m", "dramatiq", "benchmarks.tasks.dramatiq",
             "--processes", str(processes), "--threads", "16"]
        ]  # fmt: skip
