"""Chains, groups and chords of calls, as users write them.

    batch = await chain(fetch.s(url), parse.s(), store.si()).kiq()
    batch = await chord(group(score.s(i) for i in range(1000)), total.s()).kiq(name="scores")

A composition is enqueued in one transaction, the caller's where there is one.
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from itertools import chain as one_after_the_other
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from taskiq.message import TaskiqMessage
from taskiq.utils import maybe_awaitable

from horarium.engine.broker import calls as calling
from horarium.engine.broker import labels as labelling
from horarium.engine.broker.batch import BatchHandle
from horarium.engine.broker.completion import TAKES
from horarium.engine.broker.invocation import Signature, after_jobs
from horarium.engine.broker.message import Call
from horarium.engine.broker.parameters import parameters_of
from horarium.engine.jobs.batches import Kind
from horarium.engine.jobs.composition import (
    Chain,
    Group,
    OnFailure,
    Step,
    Takes,
    steps,
)
from horarium.engine.jobs.dependents import Member
from horarium.engine.jobs.job import NewJob
from horarium.errors import InvalidInput

if TYPE_CHECKING:
    from horarium.engine.broker.broker import LedgerBroker

_AT_ONCE = 2000
"""Jobs that are made and recorded at a time."""

Policy = Literal["stop", "continue"]


class Composition(msgspec.Struct, frozen=True):
    """Calls that belong together, and how they go."""

    part: Any
    kind: Kind
    broker: Any

    async def kiq(
        self,
        *,
        name: str | None = None,
        owner: str | None = None,
        after: Iterable[Any] = (),
        on_failure: Policy = "stop",
    ) -> BatchHandle:
        """Enqueue all its jobs as one batch, or none of them.

        Args:
            name: what people are shown.
            owner: of the batch, and of its jobs that have none.
            after: jobs (ids, handles, batches) that the first ones wait for.
            on_failure: what the first ones do when one of those does not succeed.

        Raises:
            InvalidInput: a label, an argument or a job to wait for cannot be used.
            Conflict: one of the ids is unfinished already.
        """
        broker: LedgerBroker = self.broker
        jobs = list(after)
        first = await broker.batches.require(after_jobs(jobs, on_failure)) if jobs else None
        id = broker.id_generator()
        sending = _Sending(broker, owner)
        found = steps(self.part, sending.id_of, sending.ends, first)
        await broker.batches.record(id, self.kind, sending.members(found), name=name, owner=owner)
        await sending.tell_sent()
        return BatchHandle(broker, id, sending.types)


def chain(*parts: Any, on_failure: Policy = "stop") -> Composition:
    """Parts that go one after the other.

    Each call but the first is given the result of the one before it as its first argument, or the
    list of results where a group comes before it; a call made with `task.si(…)` is given none.

    Args:
        parts: signatures and compositions.
        on_failure: what a step does when the one before it fails or is cancelled: "stop" (it is
            cancelled too) or "continue" (it runs, and takes `None` for that result).
    """
    if not parts:
        raise InvalidInput("chain", "it has no steps")
    policy = _policy(on_failure)
    return Composition(Chain(tuple(map(_part, parts)), policy), Kind.CHAIN, _broker(parts[0]))


def group(*parts: Any) -> Composition:
    """Parts that go all at once.

    Args:
        parts: signatures and compositions; or one iterable of them, such as a generator, which is
            gone through when the group is sent, once.
    """
    members: Iterable[Any] = parts
    if len(parts) == 1 and not isinstance(parts[0], Signature | Composition):
        members = _iterable(parts[0])
    if isinstance(members, Iterator):
        first = next(members, None)
        found = () if first is None else one_after_the_other((first,), members)
        return _group(first, map(_part, found))
    members = tuple(members)
    return _group(members[0] if members else None, tuple(map(_part, members)))


def chord(group_: Composition, callback: Any, *, on_failure: Policy = "stop") -> Composition:
    """A group, and a call that is given the list of its results, in the order of the group.

    Args:
        on_failure: what the callback does when one of the group fails: "stop" (it is cancelled) or
            "continue" (it runs when all have ended, with `None` for that result).
    """
    if not (isinstance(group_, Composition) and isinstance(group_.part, Group)):
        raise InvalidInput("chord", "its first part has to be a group(…)")
    steps_ = (group_.part, _part(callback))
    return Composition(Chain(steps_, _policy(on_failure)), Kind.CHORD, group_.broker)


def _group(first: Any, members: Iterable[Any]) -> Composition:
    if first is None:
        raise InvalidInput("group", "it has no members")
    return Composition(Group(members), Kind.GROUP, _broker(first))


def _part(part: Any) -> Any:
    if isinstance(part, Signature):
        return part
    if isinstance(part, Composition):
        return part.part
    raise InvalidInput(
        "composition",
        f"{part!r} cannot be part of one; it takes task.s(…), task.si(…), chain, group and chord",
    )


def _broker(part: Any) -> Any:
    _part(part)
    return part.broker if isinstance(part, Composition) else part.task.broker


def _iterable(parts: Any) -> Iterable[Any]:
    if isinstance(parts, Iterable):
        return parts
    raise InvalidInput("group", f"{parts!r} is neither a call nor a number of them")


def _policy(on_failure: str) -> OnFailure:
    return after_jobs((), on_failure).on_failure


class _Sending:
    """One composition on its way into the ledger.

    Attributes:
        types: the jobs that it ends with, and what their tasks return.
    """

    def __init__(self, broker: "LedgerBroker", owner: str | None) -> None:
        self._broker = broker
        self._owner = owner
        self._before = broker.hooked("pre_send")
        self._behind = broker.hooked("post_send")
        self._sent: list[TaskiqMessage] = []
        self.ends: list[str] = []
        self.types: dict[str, Any] = {}

    def id_of(self, call: Signature) -> str:
        return call.task_id or self._broker.id_generator()

    async def members(self, found: Iterator[Step]) -> AsyncIterator[list[Member]]:
        """The jobs, some at a time, as the ledger takes them."""
        while some := list(islice(found, _AT_ONCE)):
            yield [await self._member(step) for step in some]

    async def tell_sent(self) -> None:
        """Tell the middlewares that want to know, as TaskIQ's kicker does."""
        for message in self._sent:
            for middleware in reversed(self._behind):
                await maybe_awaitable(middleware.post_send(message))

    async def _member(self, step: Step) -> Member:
        message = await self._message(step)
        if self._behind:
            self._sent.append(message)
        if not step.followed:
            self.types[step.id] = step.call.task.return_type
        return Member(
            job=self._job(step, message),
            after=step.after,
            outside=step.outside,
            followed=step.followed,
        )

    async def _message(self, step: Step) -> TaskiqMessage:
        call: Signature = step.call
        if call.task.broker is not self._broker:
            name = call.task.task_name
            raise InvalidInput("composition", f"{name} belongs to another broker than the first")
        kicker = call.task.kicker().with_task_id(step.id).with_labels(**call.labels)
        message: TaskiqMessage = kicker._prepare_message(*call.args, **call.kwargs)
        if self._owner is not None:
            message.labels.setdefault("owner", self._owner)
        if _takes(step):
            message.labels[TAKES] = step.takes.value
        for middleware in self._before:
            message = await maybe_awaitable(middleware.pre_send(message))
        return message

    def _job(self, step: Step, message: TaskiqMessage) -> NewJob:
        broker, task = self._broker, step.call.task
        if message.labels.get("after") is not None:
            raise InvalidInput("after", f"{task.task_name}: in a composition its place says that")
        if not _takes(step):
            return broker.job_of(broker.formatter.dumps(message))
        options = labelling.read({**task.labels, **message.labels})
        if not options.keyed:
            return broker.job_of(broker.formatter.dumps(message))
        # Its limits count arguments of which the first comes later.
        _refuse_unknown_key(task, options)
        unlimited = {n: v for n, v in message.labels.items() if n not in labelling.AT_ENQUEUE}
        plain = message.model_copy(update={"labels": unlimited})
        job = broker.job_of(broker.formatter.dumps(plain), limited=False)
        call = Call([None, *message.args], message.kwargs)
        return calling.keyed(job, options, parameters_of(task), call)


def _takes(step: Step) -> bool:
    return step.takes is not Takes.NOTHING and not step.call.immutable


def _refuse_unknown_key(task: Any, options: labelling.Options) -> None:
    names = task.parameters.names
    for label, limit in (
        ("concurrency_limit", options.concurrency), ("rate_limit", options.rate)
    ):  # fmt: skip
        if limit is not None and names and limit.parameter == names[0]:
            raise InvalidInput(
                label,
                f"{task.task_name} is limited by {names[0]!r}, which is not known yet: it is the "
                "result of the step before. Limit it by another parameter, or use task.si(…)",
            )
