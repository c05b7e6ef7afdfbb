"""Workers for a broker's tasks: what its settings, its tasks and its hooks make of them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from horarium.engine.broker import tracing
from horarium.engine.broker.labels import Options
from horarium.engine.jobs.outcome import Outcome
from horarium.engine.watches.relay import Relay
from horarium.engine.worker.hooks import HookCalls
from horarium.engine.worker.keeping import Keep
from horarium.engine.worker.log import JobLog
from horarium.engine.worker.run import Run
from horarium.engine.worker.shares import weights_of
from horarium.engine.worker.worker import Worker
from horarium.events import Events

if TYPE_CHECKING:
    from horarium.engine.broker.broker import LedgerBroker


def new_worker(
    broker: "LedgerBroker",
    execute: Callable[[Run], Awaitable[Outcome]],
    queues: Sequence[str] | Mapping[str, int | None] | None,
    slots: int,
    events: Events,
) -> Worker:
    """A worker that has not begun; see `LedgerBroker.worker`.

    Args:
        execute: runs one attempt: by Horarium itself, or by TaskIQ's receiver.
    """
    settings = broker.settings
    return Worker(
        broker.ledger,
        tracing.traced(execute, broker),
        queues=None if queues is None else list(queues),
        weights=weights_of(queues),
        slots=slots,
        lease=settings.lease,
        poll=settings.poll,
        shutdown=settings.shutdown,
        keep=Keep(
            timedelta(days=settings.keep_succeeded),
            timedelta(days=settings.keep_failed),
        ),
        events=events,
        most_lost=lambda: most_lost(broker),
        companions=[
            JobLog(events),
            Relay(broker.ledger.database, events),
            HookCalls(events, broker.failure_hooks),
            *(make() for make in broker.companions),
        ],
    )


def most_lost(broker: "LedgerBroker") -> Mapping[str, int]:
    """How often in a row attempts of tasks may be lost, of those that say so."""
    tasks = broker.get_all_tasks().items()
    most = {name: getattr(task, "options", Options()).most_lost for name, task in tasks}
    return {name: number for name, number in most.items() if number is not None}
