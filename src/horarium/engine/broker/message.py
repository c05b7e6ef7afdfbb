"""Between TaskIQ's messages and the ledger's rows.

With TaskIQ's default serialisation the arguments of a call are kept as JSON that the ledger can
show and search. A user's own formatter or serializer is respected: its bytes are kept as they are.
"""

import dataclasses
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec
from pydantic import BaseModel
from taskiq.abc.formatter import TaskiqFormatter
from taskiq.message import BrokerMessage, TaskiqMessage

from horarium.engine.broker import labels as labelling
from horarium.engine.broker.labels import Options
from horarium.engine.jobs.job import Claim, NewJob
from horarium.errors import InvalidInput


class Call(msgspec.Struct):
    """Arguments as they were given, by position and by name."""

    args: list[Any]
    kwargs: dict[str, Any]


class _Delivery(msgspec.Struct):
    task_id: str
    task_name: str
    labels: dict[str, Any]
    call: msgspec.Raw


class LedgerFormatter(TaskiqFormatter):
    """TaskIQ's formatter for the ledger: a message's bytes are the JSON of its call."""

    def dumps(self, message: TaskiqMessage) -> BrokerMessage:
        """The message as `kick` takes it.

        Raises:
            InvalidInput: an argument cannot be written as JSON.
        """
        message.parse_labels()
        return BrokerMessage.model_construct(
            task_id=message.task_id,
            task_name=message.task_name,
            message=encode_call(message.task_name, message.args, message.kwargs),
            labels=message.labels,
        )

    def loads(self, message: bytes) -> TaskiqMessage:
        """The message that `deliver` wrote for TaskIQ's own receiver."""
        delivery = msgspec.json.decode(message, type=_Delivery)
        call = msgspec.json.decode(delivery.call, type=Call)
        return _message(delivery.task_id, delivery.task_name, delivery.labels, call)


def encode_call(task: str, args: Any, kwargs: Mapping[str, Any]) -> bytes:
    """The JSON of a call's arguments.

    Raises:
        InvalidInput: an argument cannot be written as JSON; the field is its position or name.
    """
    try:
        return _encoder.encode({"args": args, "kwargs": kwargs})
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidInput(_culprit(args, kwargs), f"{task} cannot be sent: {error}") from None


def decode_call(call: bytes) -> Call:
    """The arguments of a call, from their JSON."""
    return msgspec.json.decode(call, type=Call)


def encode_value(value: Any) -> bytes:
    """The JSON of one value, such as a result."""
    return _encoder.encode(value)


def new_job(
    message: BrokerMessage, options: Options, declared: Mapping[str, Any], *, readable: bool
) -> NewJob:
    """The job that a kicked message asks for.

    Args:
        options: what the labels of the declaration and of the message say.
        declared: the labels that the task was declared with.
        readable: the message's bytes are the JSON of a call, not those of a user's formatter.
    """
    travelling = labelling.differing(message.labels, declared)
    return NewJob(
        id=message.task_id,
        task=message.task_name,
        queue=options.queue,
        priority=options.priority,
        arguments=message.message if readable else None,
        payload=None if readable else message.message,
        labels=_encoder.encode(travelling) if travelling else None,
        due_at=options.due_at,
        delay=options.delay,
        expires_after=options.expires_after,
        owner=options.owner,
    )


def received(claim: Claim, declared: Mapping[str, Any]) -> TaskiqMessage:
    """The message of a claimed job, with the labels of its declaration and of its call."""
    call = msgspec.json.decode(claim.arguments or b"", type=Call)
    return _message(claim.id, claim.task, all_labels(claim, declared), call)


def deliver(claim: Claim, declared: Mapping[str, Any]) -> bytes:
    """The bytes that `LedgerFormatter.loads` turns into the message of a claimed job."""
    call = msgspec.Raw(claim.arguments or b"")
    labels = all_labels(claim, declared)
    return _encoder.encode(_Delivery(claim.id, claim.task, labels, call))


def all_labels(claim: Claim, declared: Mapping[str, Any]) -> dict[str, Any]:
    """The labels a task sees: declared, then the call's own, then what the ledger knows."""
    labels = {name: v for name, v in declared.items() if name not in labelling.DECLARED_ONLY}
    if claim.labels is not None:
        labels |= msgspec.json.decode(claim.labels)
    for name in ("timeout", "result_expires"):
        if isinstance(labels.get(name), timedelta):
            labels[name] = labels[name].total_seconds()  # TaskIQ's receiver takes numbers
    if claim.schedule is not None:
        labels["schedule_id"] = claim.schedule
    return labels


def _message(task_id: str, task: str, labels: dict[str, Any], call: Call) -> TaskiqMessage:
    # What the ledger wrote needs no second validation.
    return TaskiqMessage.model_construct(
        task_id=task_id,
        task_name=task,
        labels=labels,
        labels_types=None,
        args=call.args,
        kwargs=call.kwargs,
    )


def _encode_other(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, BaseException):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    raise TypeError(
        f"a value of type {type(value).__qualname__} cannot be written as JSON; pass plain data, "
        "a dataclass, or a pydantic or msgspec model"
    )


def _culprit(args: Any, kwargs: Mapping[str, Any]) -> str:
    for name, value in [*((f"args[{i}]", v) for i, v in enumerate(args)), *kwargs.items()]:
        try:
            _encoder.encode(value)
        except (TypeError, ValueError, OverflowError, RecursionError):
            return name
    return "arguments"


_encoder = msgspec.json.Encoder(enc_hook=_encode_other, decimal_format="string")
