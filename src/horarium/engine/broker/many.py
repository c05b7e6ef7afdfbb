"""Many calls of one task, recorded in one transaction; see `LedgerBroker.enqueue_many`."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from taskiq.decor import AsyncTaskiqDecoratedTask

from horarium.engine.broker import labels as labelling
from horarium.engine.broker import tracing
from horarium.engine.broker.message import Call, columns, decode_call, encode_call
from horarium.engine.jobs.job import NewJob

if TYPE_CHECKING:
    from horarium.engine.broker.broker import LedgerBroker

Task = AsyncTaskiqDecoratedTask[Any, Any]


async def enqueue(
    broker: "LedgerBroker", task: Task, calls: Iterable[Any], labels: Mapping[str, Any]
) -> int:
    """Record the calls as one sending; returns how many jobs were made."""
    queue = labelling.read({**broker.declared(task.task_name), **labels}).queue
    with tracing.sending(broker, task.task_name, queue, bulk=True) as sending:
        count = await _record(broker, task, calls, {**labels, **sending.carried})
        sending.sent(count=count)
    return count


async def _record(
    broker: "LedgerBroker", task: Task, calls: Iterable[Any], labels: Mapping[str, Any]
) -> int:
    declared = broker.declared(task.task_name)
    options = labelling.read({**declared, **labels})
    travelling = labelling.differing(labels, declared)
    common: dict[str, Any] = {
        "task": task.task_name,
        "queue": options.queue,
        "priority": options.priority,
        "delay": options.delay,
        "due_at": options.due_at,
        "expires_after": options.expires_after,
        "owner": options.owner,
        "labels": msgspec.json.encode(travelling) if travelling else None,
    }
    packed = (options.serializer or broker.settings.serializer) == "msgpack"
    written = (_written(broker, task.task_name, call, packed=packed) for call in calls)
    jobs = (NewJob(**columns(call), **common) for call in written)
    if options.keyed:
        jobs = (broker.keyed(job, options, _call_of(job)) for job in jobs)
    jobs = (broker.seal.job(job) for job in jobs)
    if options.after is not None:
        return await broker.ledger.enqueue_many_after(jobs, options.after)
    if options.unique is not None:
        return await broker.ledger.enqueue_missing(jobs)
    return await broker.ledger.enqueue_many(jobs)


def _written(broker: "LedgerBroker", task: str, call: Any, *, packed: bool) -> bytes:
    args, kwargs = ((), call) if isinstance(call, Mapping) else (call, {})
    return encode_call(task, args, kwargs, broker.names, packed=packed)


def _call_of(job: NewJob) -> Call:
    return decode_call(job.arguments or job.payload or b"")
