"""Dramatiq's tasks on Redis."""

# mypy: disable-error-code="import-not-found,import-untyped,untyped-decorator"

import os

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import Callbacks, Pipelines, Retries
from dramatiq.results import Results
from dramatiq.results.backends import RedisBackend

from benchmarks.tasks import Plain, record

broker = RedisBroker(
    url=os.environ.get("BENCH_QUEUES_URL", ""),
    middleware=[
        Callbacks(),
        Pipelines(),
        Retries(),
        Results(backend=RedisBackend(url=os.environ.get("BENCH_RESULTS_URL", ""))),
    ],
)
dramatiq.set_broker(broker)


@dramatiq.actor(store_results=True)
def noop() -> int:
    return 1


@dramatiq.actor(store_results=True)
def stamped(sent: float) -> int:
    record(sent)
    return 1


class DramatiqSender(Plain):
    async def many(self, count: int) -> None:
        for _ in range(count):
            noop.send()

    async def one(self) -> None:
        noop.send()

    async def stamped(self, sent: float) -> None:
        stamped.send(sent)


sender = DramatiqSender()
