"""Workers for a broker's tasks: what its settings, its tasks and its hooks make of them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from horarium.engine.broker import tracing
from horarium.engine.broker.labels import Options
from horarium.engine.jobs.job import DEFAULT_QUEUE
from horarium.engine.jobs.outcome import Outcome
from horarium.engine.watches.relay import Relay
from horarium.engine.worker.hooks import HookCalls
from horarium.engine.worker.keeping import Keep
from horarium.engine.worker.log import JobLog
from horarium.engine.worker.run import Run
from horarium.engine.worker.shares import weights_of
from horarium.engine.worker.worker import Worker
from horarium.errors import InvalidInput
from horarium.events import Events
from horarium.setting_values import no_weight

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

    Raises:
        InvalidInput: what was meant as a queue's weight is none.
    """
    settings = broker.settings
    refuse_misread(broker, queues)
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


def refuse_misread(
    broker: "LedgerBroker", queues: Sequence[str] | Mapping[str, int | None] | None
) -> None:
    """Refuse ``mail:high`` where tasks are sent to `mail` and none to a queue of that name.

    A mapping without weights is what was read from a line of text: a list names queues as they are.
    """
    if not isinstance(queues, Mapping):
        return
    known = {DEFAULT_QUEUE, *(options.queue for options in _declared(broker).values())}
    for name, weight in queues.items():
        if weight is None and name not in known and name.rpartition(":")[0] in known:
            raise InvalidInput("queues", no_weight(name))


def _declared(broker: "LedgerBroker") -> Mapping[str, Options]:
    tasks = broker.get_all_tasks().items()
    return {name: getattr(task, "options", Options()) for name, task in tasks}


def most_lost(broker: "LedgerBroker") -> Mapping[str, int]:
    """How often in a row attempts of tasks may be lost, of those that say so."""
    most = {name: options.most_lost for name, options in _declared(broker).items()}
    return {name: number for name, number in most.items() if number is not None}
