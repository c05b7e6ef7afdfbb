"""Spans of OpenTelemetry, from a call that is sent to the end of each attempt of its job.

Sending makes a producer span, and its context travels in the job's labels as the propagators write
it, ``traceparent`` by default. Each attempt is a consumer span under that, wherever and however
late it runs. A call of `enqueue_many` is one span: what is traced then are links, since a trace
with a hundred thousand children helps nobody. Names and attributes follow the semantic conventions
for messaging, but that a span is named for its task, which says more than its queue.

Nothing is done, and nothing imported, unless the process itself has imported OpenTelemetry's API
and has set a provider before its worker is made. Where TaskIQ's own middleware for OpenTelemetry is
installed, it makes the spans instead.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import msgspec
from taskiq import AsyncBroker

from horarium.engine.jobs.job import Claim
from horarium.engine.jobs.outcome import Failed, Outcome
from horarium.engine.worker.announcement import word
from horarium.engine.worker.run import Run

_LINKED = "link-"
"""Before the names of labels whose context is linked to, not continued."""

_TASKIQS_OWN = "OpenTelemetryMiddleware"
_known: tuple[Any, Any] = (None, None)


class Sending:
    """What is being sent: labels that carry its context, and what to say of it when it is sent."""

    def __init__(self, span: Any = None, carried: Mapping[str, str] = {}) -> None:
        self._span = span
        self.carried = carried

    def sent(self, *, job: str | None = None, count: int | None = None) -> None:
        """Name the job that there is now, or how many were made."""
        if self._span is not None and job is not None:
            self._span.set_attribute("messaging.message.id", job)
        if self._span is not None and count is not None:
            self._span.set_attribute("messaging.batch.message_count", count)


_NOT_TRACED = nullcontext(Sending())


def sending(
    broker: AsyncBroker, task: str, queue: str | None, *, bulk: bool = False
) -> AbstractContextManager[Sending]:
    """A producer span around the sending of one call, or of many (`bulk`)."""
    tracer = tracer_of(broker)
    return _NOT_TRACED if tracer is None else _sending(tracer, task, queue, bulk=bulk)


@contextmanager
def _sending(tracer: Any, task: str, queue: str | None, *, bulk: bool) -> Iterator[Sending]:
    with tracer.start_as_current_span(
        f"send {task}", kind=_trace().SpanKind.PRODUCER, attributes=_attributes("send", task, queue)
    ) as span:
        carried: dict[str, str] = {}
        _propagate().inject(carried)
        yield Sending(span, {_LINKED + k: v for k, v in carried.items()} if bulk else carried)


Execute = Callable[[Run], Awaitable[Outcome]]


def traced(execute: Execute, broker: AsyncBroker) -> Execute:
    """The same, with a consumer span around each attempt where spans are wanted at all."""
    if tracer_of(broker) is None:
        return execute

    async def execute_traced(run: Run) -> Outcome:
        with _processing(tracer_of(broker), run) as span:
            outcome = await execute(run)
            _conclude(span, run, outcome)
            return outcome

    return execute_traced


def enter(run: Run) -> None:
    """Let what runs in this asyncio task belong to the run's span; the task is the run's own."""
    if run.trace is not None:
        from opentelemetry.context import attach

        attach(run.trace)


def tracer_of(broker: AsyncBroker) -> Any:
    """What makes spans; `None` where nobody wants any."""
    global _known
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return None
    provider = trace.get_tracer_provider()
    if isinstance(provider, trace.ProxyTracerProvider | trace.NoOpTracerProvider):
        return None
    if any(type(each).__name__ == _TASKIQS_OWN for each in broker.middlewares):
        return None
    if _known[0] is not provider:
        _known = (provider, provider.get_tracer("horarium"))
    return _known[1]


@contextmanager
def _processing(tracer: Any, run: Run) -> Iterator[Any]:
    claim = run.claim
    labels = _texts(claim)
    linked = {k.removeprefix(_LINKED): v for k, v in labels.items() if k.startswith(_LINKED)}
    with tracer.start_as_current_span(
        f"process {claim.task}",
        context=_propagate().extract(labels),
        kind=_trace().SpanKind.CONSUMER,
        attributes={
            **_attributes("process", claim.task, claim.queue),
            "messaging.message.id": claim.id,
            "horarium.attempt": claim.attempt,
        },
        links=_links(linked),
    ) as span:
        from opentelemetry.context import get_current

        run.trace = get_current()
        try:
            yield span
        except asyncio.CancelledError:
            span.set_attribute("horarium.outcome", "interrupted")
            raise


def _conclude(span: Any, run: Run, outcome: Outcome) -> None:
    span.set_attribute("horarium.outcome", word(outcome))
    if not isinstance(outcome, Failed):
        return
    error = outcome.error
    kind = error.type if error.module in (None, "builtins") else f"{error.module}.{error.type}"
    span.set_attribute("error.type", kind)
    if run.error is not None:
        span.record_exception(run.error)
    trace = _trace()
    span.set_status(trace.Status(trace.StatusCode.ERROR, f"{error.type}: {error.message}"))


def _attributes(operation: str, task: str, queue: str | None) -> dict[str, str]:
    return {
        "messaging.system": "horarium",
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
        "messaging.destination.name": queue or "default",
        "horarium.task": task,
    }


def _links(carried: Mapping[str, str]) -> list[Any]:
    if not carried:
        return []
    trace = _trace()
    context = trace.get_current_span(_propagate().extract(carried)).get_span_context()
    return [trace.Link(context)] if context.is_valid else []


def _texts(claim: Claim) -> dict[str, str]:
    labels = {} if claim.labels is None else msgspec.json.decode(claim.labels)
    return {name: value for name, value in labels.items() if isinstance(value, str)}


def _trace() -> Any:
    from opentelemetry import trace

    return trace


def _propagate() -> Any:
    from opentelemetry import propagate

    return propagate
