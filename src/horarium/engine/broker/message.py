"""Between TaskIQ's messages and the ledger's rows.

With TaskIQ's default serialisation the arguments of a call are kept as JSON that the ledger can
show and search. A user's own formatter or serializer is respected: its bytes are kept as they are.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)
from pathlib import PurePath
from typing import Any

import msgspec
from pydantic import BaseModel
from taskiq.abc.formatter import TaskiqFormatter
from taskiq.message import BrokerMessage, TaskiqMessage

from horarium.engine.broker import labels as labelling
from horarium.engine.broker.labels import Options
from horarium.engine.broker.unwritable import UNWRITABLE, find_unwritable
from horarium.engine.jobs.job import Claim, NewJob
from horarium.engine.jobs.payload import PACKED
from horarium.errors import InvalidInput


class Call(msgspec.Struct):
    """Arguments as they were given, by position and by name."""

    args: list[Any]
    kwargs: dict[str, Any]


class _SentCall(bytes):
    """The JSON of a call, which alone is kept, with the message that it was made from."""

    message: TaskiqMessage


class _Delivery(msgspec.Struct):
    task_id: str
    task_name: str
    labels: dict[str, Any]
    call: msgspec.Raw = msgspec.Raw()
    args: list[Any] = []
    kwargs: dict[str, Any] = {}


Names = Callable[[str], Sequence[str]]
"""The names of a task's parameters by position, where the task is known."""


class LedgerFormatter(TaskiqFormatter):
    """TaskIQ's formatter for the ledger: a message's bytes are the JSON of its call."""

    def __init__(self, names: Names = lambda _: (), default: str = "json") -> None:
        self._names = names
        self._default = default

    def dumps(self, message: TaskiqMessage) -> BrokerMessage:
        """The message as `kick` takes it.

        Raises:
            InvalidInput: an argument cannot be written as JSON.
        """
        message.parse_labels()
        packed = is_packed(message.labels, self._default)
        call = encode_call(
            message.task_name, message.args, message.kwargs, self._names, packed=packed
        )
        return BrokerMessage.model_construct(
            task_id=message.task_id,
            task_name=message.task_name,
            message=sent_call(call, message),
            labels=message.labels,
        )

    def loads(self, message: bytes) -> TaskiqMessage:
        """The message that `deliver` wrote for TaskIQ's own receiver, that `dumps` made here, or
        that TaskIQ's own formatter wrote as JSON.
        """
        if isinstance(message, _SentCall):
            sent, call = message.message, decode_call(message)
            return _message(sent.task_id, sent.task_name, dict(sent.labels), call)
        delivery = msgspec.json.decode(message, type=_Delivery)
        call = Call(delivery.args, delivery.kwargs)
        if bytes(delivery.call):
            call = msgspec.json.decode(delivery.call, type=Call)
        labels = labelling.arrived(delivery.labels)
        return _message(delivery.task_id, delivery.task_name, labels, call)


def is_packed(labels: Mapping[str, Any], default: str) -> bool:
    """Whether a call with these labels is kept as MessagePack."""
    return bool(labels.get("serializer", default) == "msgpack")


def sent_call(call: bytes, message: TaskiqMessage) -> bytes:
    """The bytes of a call that remember the message which they were made from."""
    sent = _SentCall(call)
    sent.message = message
    return sent


def encode_call(
    task: str,
    args: Any,
    kwargs: Mapping[str, Any],
    names: Names = lambda _: (),
    *,
    packed: bool = False,
) -> bytes:
    """The JSON of a call's arguments or, marked, their MessagePack.

    Raises:
        InvalidInput: an argument cannot be written; the field is its path.
    """
    encode = _packer.encode if packed else _encoder.encode
    try:
        call = encode({"args": args, "kwargs": kwargs})
        return PACKED + call if packed else call
    except UNWRITABLE as error:
        field = find_unwritable(encode, names(task), args, kwargs)
        raise InvalidInput(field, f"{task} cannot be sent: {error}") from None


def decode_call(call: bytes) -> Call:
    """The arguments of a call, from what `encode_call` has made of them."""
    if call.startswith(PACKED):
        return msgspec.msgpack.decode(call[len(PACKED) :], type=Call)
    return msgspec.json.decode(call, type=Call)


def encode_value(value: Any) -> bytes:
    """The JSON of one value, such as a result."""
    return _encoder.encode(value)


def plain(value: Any) -> Any:
    """A model, of pydantic's, msgspec's or a dataclass, as data: middlewares see it so, as TaskIQ's
    own do. What cannot be data is left to the encoder, which names it.
    """
    if type(value) in _DATA or not (
        isinstance(value, BaseModel | msgspec.Struct) or dataclasses.is_dataclass(value)
    ):
        return value
    try:
        return msgspec.to_builtins(value, enc_hook=_encode_other, str_keys=True)
    except UNWRITABLE:
        return value


def columns(message: bytes, *, readable: bool = True) -> dict[str, Any]:
    """Where a call is kept: as JSON that can be looked at, or as a payload."""
    readable = readable and not message.startswith(PACKED)
    return {"arguments": message, "payload": None} if readable else {
        "arguments": None, "payload": message
    }  # fmt: skip


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
        **columns(message.message, readable=readable),
        labels=_encoder.encode(travelling) if travelling else None,
        due_at=options.due_at,
        delay=options.delay,
        expires_after=options.expires_after,
        owner=options.owner,
        after=options.after,
    )


def received(claim: Claim, declared: Mapping[str, Any]) -> TaskiqMessage:
    """The message of a claimed job, with the labels of its declaration and of its call."""
    call = decode_call(claim.arguments or b"")
    return _message(claim.id, claim.task, all_labels(claim, declared), call)


def deliver(claim: Claim, declared: Mapping[str, Any]) -> bytes:
    """The bytes that `LedgerFormatter.loads` turns into the message of a claimed job."""
    call = msgspec.Raw(claim.arguments or b"")
    labels = {name: labelling.written(v) for name, v in all_labels(claim, declared).items()}
    return _encoder.encode(_Delivery(claim.id, claim.task, labels, call))


def all_labels(claim: Claim, declared: Mapping[str, Any]) -> dict[str, Any]:
    """The labels a task sees: declared, then the call's own, then what the ledger knows.

    Raises:
        InvalidInput: a label of the row has a value that it does not take.
    """
    own: dict[str, Any] = {}
    if claim.labels is not None:
        own = msgspec.json.decode(claim.labels, type=dict[str, Any])
        labelling.check_travelled(own)
    labels = labelling.together(declared, own)
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
        # By field names, which reading takes too, and without what is computed from the others.
        return value.model_dump(mode="json", round_trip=True)
    if isinstance(value, _AS_TEXT):
        return str(value)
    raise TypeError(
        f"a value of type {type(value).__qualname__} cannot be written as JSON; pass plain data, "
        "a dataclass, or a pydantic or msgspec model"
    )


_AS_TEXT = (
    BaseException, PurePath,
    IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network,
)  # fmt: skip
_DATA = frozenset((str, int, float, bool, type(None), list, dict))
_encoder = msgspec.json.Encoder(enc_hook=_encode_other, decimal_format="string")
_packer = msgspec.msgpack.Encoder(enc_hook=_encode_other, decimal_format="string")
