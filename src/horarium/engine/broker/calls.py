"""What labels make of a call and its arguments: the key of a unique job, and those of limits."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from horarium.engine.broker import labels as labelling
from horarium.engine.broker.labels import Options
from horarium.engine.broker.message import Call, decode_call, encode_call, encode_value
from horarium.engine.broker.parameters import Parameters
from horarium.engine.jobs.job import NewJob
from horarium.engine.jobs.limits import Limits, encode, limits_of
from horarium.engine.jobs.uniqueness import unique_key
from horarium.errors import InvalidInput


def check(options: Options, parameters: Parameters) -> None:
    """Refuse labels that name parameters which the task does not have."""
    for label, names in _named(options):
        for name in names:
            if name not in parameters.names:
                has = ", ".join(parameters.names) or "none"
                reason = f"{name!r} is not a parameter of the task; it has: {has}"
                raise InvalidInput(label, reason)


def keyed(job: NewJob, options: Options, parameters: Parameters | None, call: Call) -> NewJob:
    """The job with the keys that its labels ask for.

    Raises:
        InvalidInput: the arguments have no names, or do not fit the task.
    """
    arguments = _arguments(options, job.task, parameters, call)
    limits = limits_of(options.concurrency, options.rate, job.task, job.queue, arguments)
    return msgspec.structs.replace(
        job,
        unique=options.unique and unique_key(options.unique, job.task, arguments),
        limits=encode(limits),
    )


def scheduled(
    task: str,
    declared: Mapping[str, Any],
    own: Mapping[str, Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    parameters: Parameters | None,
) -> Mapping[str, Any]:
    """What a schedule says of the call that it makes, as fields of `Schedule`.

    Args:
        declared, own: labels of the task, and of the schedule.

    Raises:
        InvalidInput: a label or an argument cannot be used.
    """
    options = labelling.read({**declared, **own})
    arguments = encode_call(task, args, kwargs)
    return {
        "task": task,
        "arguments": msgspec.Raw(arguments),
        "labels": msgspec.Raw(encode_value(labelling.differing(own, declared))),
        "limits": _limits(options, task, parameters, decode_call(arguments)),
        "queue": options.queue,
        "priority": options.priority,
        "owner": options.owner,
    }


def _limits(
    options: Options, task: str, parameters: Parameters | None, call: Call
) -> Limits | None:
    """The limits of each job that a schedule makes."""
    plain = msgspec.structs.replace(options, unique=None)
    arguments = _arguments(plain, task, parameters, call)
    return limits_of(options.concurrency, options.rate, task, options.queue, arguments)


def _arguments(
    options: Options, task: str, parameters: Parameters | None, call: Call
) -> Mapping[str, Any]:
    named = _named(options)
    if not named:
        return {}
    label = named[0][0]
    if parameters is None:
        reason = f"the task {task!r} is not declared here, so that its arguments have no names"
        raise InvalidInput(label, reason)
    check(options, parameters)
    return parameters.named(label, call)


def _named(options: Options) -> list[tuple[str, tuple[str, ...]]]:
    """The labels that read arguments, and the parameters that they name."""
    found: list[tuple[str, tuple[str, ...]]] = []
    if options.unique is not None:
        label = "debounce" if options.unique.debounce else "unique"
        found.append((label, options.unique.fields or ()))
    if options.concurrency is not None and options.concurrency.parameter is not None:
        found.append(("concurrency_limit", (options.concurrency.parameter,)))
    if options.rate is not None and options.rate.parameter is not None:
        found.append(("rate_limit", (options.rate.parameter,)))
    return found
