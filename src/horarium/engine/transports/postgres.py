"""PostgreSQL as transport: each enqueue notifies, and workers of the queue hear it."""

from collections.abc import Sequence

from horarium.engine.jobs.channels import JOBS_CHANNEL
from horarium.engine.transports.doorbell import Doorbell
from horarium.listener import Listener


def attach(listener: Listener, doorbell: Doorbell, queues: Sequence[str] | None) -> None:
    """Ring the bell for each notification of one of these queues; `None`: of any."""
    wanted = None if queues is None else frozenset(queues)

    def heard(queue: str | None) -> None:
        if queue is None or wanted is None or queue in wanted:
            doorbell.ring()

    listener.subscribe(JOBS_CHANNEL, heard)
