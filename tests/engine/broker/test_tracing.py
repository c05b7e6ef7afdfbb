"""Spans of OpenTelemetry, from the call to the end of its job."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from taskiq.exceptions import SendTaskError
from workplace import AtWork, ended, eventually, working

from horarium.engine import Cancel, LedgerBroker
from horarium.engine.broker.tracing import tracer_of

Spans = Callable[[], list[ReadableSpan]]


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[Spans]:
    """A provider for one test; those that have ended, in their order."""
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    yield lambda: list(kept.get_finished_spans())
    provider.shutdown()


def of(spans: Spans, kind: SpanKind) -> list[ReadableSpan]:
    return [span for span in spans() if span.kind is kind]


def context(span: ReadableSpan) -> tuple[int, int]:
    assert span.context is not None
    return span.context.trace_id, span.context.span_id


def parent(span: ReadableSpan) -> tuple[int, int] | None:
    return None if span.parent is None else (span.parent.trace_id, span.parent.span_id)


async def until(spans: Spans, count: int) -> None:
    """A span ends a moment after its job."""

    async def consumed() -> int:
        return len(of(spans, SpanKind.CONSUMER))

    await eventually(consumed, count)


async def test_a_job_is_traced_from_its_call_to_its_end(
    broker: LedgerBroker, at_work: AtWork, spans: Spans
) -> None:
    inside: list[Any] = []

    @broker.task("greet", queue="mail")
    async def greet() -> None:
        inside.append(trace.get_current_span().get_span_context())

    @broker.task("shout")
    def shout() -> None:
        inside.append(trace.get_current_span().get_span_context())

    async with at_work():
        with trace.get_tracer("test").start_as_current_span("request") as request:
            sent = await greet.kiq()
        await ended(broker.ledger, sent.task_id)
        await until(spans, 1)
        await ended(broker.ledger, (await shout.kiq()).task_id)
        await until(spans, 2)
    producer, other = of(spans, SpanKind.PRODUCER)
    consumer, thread = of(spans, SpanKind.CONSUMER)
    assert parent(producer) == (
        request.get_span_context().trace_id,
        request.get_span_context().span_id,
    )
    assert parent(consumer) == context(producer)
    assert parent(thread) == context(other)
    assert [(each.trace_id, each.span_id) for each in inside] == [
        context(consumer), context(thread),
    ]  # fmt: skip
    assert (producer.name, consumer.name) == ("send greet", "process greet")
    assert dict(producer.attributes or {}) == {
        "messaging.system": "horarium",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": "mail",
        "messaging.message.id": sent.task_id,
        "horarium.task": "greet",
    }
    assert dict(consumer.attributes or {}) == {
        "messaging.system": "horarium",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": "mail",
        "messaging.message.id": sent.task_id,
        "horarium.task": "greet",
        "horarium.attempt": 1,
        "horarium.outcome": "succeeded",
    }
    assert consumer.status.status_code is StatusCode.UNSET


async def test_each_attempt_is_a_span_and_errors_are_recorded(
    broker: LedgerBroker, at_work: AtWork, spans: Spans
) -> None:
    @broker.task("fall", max_retries=1, retry_delay=0.0)
    async def fall() -> None:
        raise ConnectionError("no route")

    @broker.task("stop")
    async def stop() -> Cancel:
        return Cancel("enough")

    async with at_work():
        await ended(broker.ledger, (await fall.kiq()).task_id)
        await ended(broker.ledger, (await stop.kiq()).task_id)
        await until(spans, 3)
    first, second, stopped = of(spans, SpanKind.CONSUMER)
    assert context(first)[0] == context(second)[0]
    for span, outcome in ((first, "retrying"), (second, "failed")):
        assert (span.attributes or {})["horarium.outcome"] == outcome
        assert (span.attributes or {})["error.type"] == "ConnectionError"
        assert span.status.status_code is StatusCode.ERROR
        assert span.status.description == "ConnectionError: no route"
        assert [event.name for event in span.events] == ["exception"]
    assert (second.attributes or {})["horarium.attempt"] == 2
    assert (stopped.attributes or {})["horarium.outcome"] == "cancelled"
    assert stopped.status.status_code is StatusCode.UNSET


async def test_many_calls_are_one_span_that_their_jobs_link_to(
    broker: LedgerBroker, at_work: AtWork, spans: Spans
) -> None:
    @broker.task("plain")
    async def plain(n: int) -> None: ...

    async with at_work():
        await broker.enqueue_many(plain, [(n,) for n in range(3)])
        await until(spans, 3)
    (producer,) = of(spans, SpanKind.PRODUCER)
    assert (producer.attributes or {})["messaging.batch.message_count"] == 3
    for span in of(spans, SpanKind.CONSUMER):
        assert parent(span) is None
        assert context(span)[0] != context(producer)[0]
        (link,) = span.links
        assert (link.context.trace_id, link.context.span_id) == context(producer)


async def test_a_refused_call_is_an_error(broker: LedgerBroker, spans: Spans) -> None:
    @broker.task("plain")
    async def plain(n: Any) -> None: ...

    with pytest.raises(SendTaskError):
        await plain.kiq(object())
    (producer,) = of(spans, SpanKind.PRODUCER)
    assert producer.status.status_code is StatusCode.ERROR


async def test_an_attempt_that_is_interrupted_says_so(broker: LedgerBroker, spans: Spans) -> None:
    import asyncio

    begun = asyncio.Event()

    @broker.task("wait")
    async def wait() -> None:
        begun.set()
        await asyncio.Event().wait()

    async with working(broker.worker()):
        sent = await wait.kiq()
        await begun.wait()
        await broker.ledger.cancel(sent.task_id, "enough")
        await ended(broker.ledger, sent.task_id)
        await until(spans, 1)
    (consumer,) = of(spans, SpanKind.CONSUMER)
    assert (consumer.attributes or {})["horarium.outcome"] in ("cancelled", "interrupted")


async def test_taskiqs_own_middleware_makes_the_spans_instead(
    broker: LedgerBroker, at_work: AtWork, spans: Spans
) -> None:
    own = pytest.importorskip("taskiq.middlewares.opentelemetry_middleware")
    broker.add_middlewares(own.OpenTelemetryMiddleware())

    @broker.task("greet")
    async def greet() -> None: ...

    assert tracer_of(broker) is None
    async with at_work():
        await ended(broker.ledger, (await greet.kiq()).task_id)
        await until(spans, 1)
    (producer,), (consumer,) = of(spans, SpanKind.PRODUCER), of(spans, SpanKind.CONSUMER)
    assert producer.name == "send/greet"
    assert parent(consumer) == context(producer)


async def test_without_a_provider_nothing_is_done(broker: LedgerBroker, at_work: AtWork) -> None:
    @broker.task("greet")
    async def greet() -> None: ...

    assert tracer_of(broker) is None
    async with at_work():
        job = await ended(broker.ledger, (await greet.kiq()).task_id)
    assert job.labels is None


def test_without_a_need_opentelemetry_is_not_imported() -> None:
    # TaskIQ's dependencies look for FastAPI, which may import it on its own account.
    program = (
        "import sys; sys.modules['fastapi'] = None\n"
        "from horarium import Horarium; from horarium.settings import Settings\n"
        "app = Horarium(Settings()); app.broker.worker()\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]", done.stdout
