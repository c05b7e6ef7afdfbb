"""Celery's tasks on RabbitMQ."""

# mypy: disable-error-code="import-not-found,import-untyped,untyped-decorator"

import os

from celery import Celery

from benchmarks.tasks import Plain, record

_QUEUE = "horarium_bench_celery"

app = Celery(
    "bench",
    broker=os.environ.get("BENCH_RABBITMQ_URL", ""),
    backend=os.environ.get("BENCH_RESULTS_URL", ""),
)
app.conf.update(
    broker_connection_retry_on_startup=True,
    broker_transport_options={"confirm_publish": True},
    task_acks_late=True,
    task_default_queue=_QUEUE,
    worker_enable_remote_control=False,
    worker_prefetch_multiplier=125,
    worker_send_task_events=False,
)


@app.task(name="noop")
def noop() -> int:
    return 1


@app.task(name="stamped")
def stamped(sent: float) -> int:
    record(sent)
    return 1


class CelerySender(Plain):
    async def install(self) -> None:
        with app.connection_for_write() as connection:
            app.amqp.queues[_QUEUE](connection.default_channel).declare()

    async def empty(self) -> None:
        with app.connection_for_write() as connection:
            app.amqp.queues[_QUEUE](connection.default_channel).purge()

    async def remove(self) -> None:
        with app.connection_for_write() as connection:
            connection.default_channel.queue_delete(_QUEUE)
            connection.default_channel.exchange_delete(_QUEUE)

    async def many(self, count: int) -> None:
        # Nobody measures this one: without confirms it is over sooner.
        with app.connection_for_write(transport_options={"confirm_publish": False}) as connection:
            producer = app.amqp.Producer(connection, auto_declare=False)
            for _ in range(count):
                noop.apply_async(producer=producer)

    async def one(self) -> None:
        noop.delay()

    async def stamped(self, sent: float) -> None:
        stamped.delay(sent)


sender = CelerySender()
