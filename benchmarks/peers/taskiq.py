"""TaskIQ on RabbitMQ (taskiq-aio-pika), results in Redis (taskiq-redis).

Settings: a durable classic queue, persistent messages, publisher confirms, prefetch 500,
`--max-async-tasks 100`, uvloop, log level WARNING, arguments not parsed again by pydantic
(`--no-parse`), acknowledged when the result is saved.
"""

from benchmarks.peer import WithRabbitMQ


class TaskiqRabbitMQ(WithRabbitMQ):
    name = "taskiq"

    def commands(self, processes: int) -> list[list[str]]:
        return [
            [self._python, "-m", "taskiq", "worker", "benchmarks.tasks.taskiq:broker",
             "--workers", str(processes), "--max-async-tasks", "100", "--no-parse",
             "--ack-type", "when_saved", "--log-level", "WARNING"]
        ]  # fmt: skip
