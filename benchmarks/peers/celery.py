"""Celery on RabbitMQ, results in Redis.

Settings: one process with a pool of 4 threads (half as fast again as the solo pool and as prefork
with one child: they wait for Redis one job at a time), late acknowledgement, prefetch 500, a
durable queue with persistent messages and publisher confirms; no gossip, mingle, heartbeat, events
or remote control.
"""

from benchmarks.peer import WithRabbitMQ


class CeleryRabbitMQ(WithRabbitMQ):
    name = "celery"

    def commands(self, processes: int) -> list[list[str]]:
        return [
            [self._python, "-m", "celery", "--app", "benchmarks.tasks.celery", "worker",
             "--pool", "threads", "--concurrency", "4",
             "--hostname", f"bench{number}@%h", "--loglevel", "WARNING",
             "--without-gossip", "--without-mingle", "--without-heartbeat"]
            for number in range(processes)
        ]  # fmt: skip
