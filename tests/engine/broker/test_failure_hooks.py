"""Hooks on final failure: who is called, when, how often, and what their own faults do."""

import asyncio
import threading
from typing import Any

import pytest
import structlog
from workplace import AtWork, ended, eventually, states, working

from horarium.engine import LedgerBroker, State
from horarium.engine.worker import hooks
from horarium.errors import InvalidInput
from horarium.events import JobFailed


@pytest.fixture
def fall(broker: LedgerBroker) -> Any:
    @broker.task("fall", max_retries=1, retry_delay=0.0)
    async def fall(n: int = 0) -> None:
        raise OSError("no")

    return fall


async def told(heard: list[Any]) -> list[Any]:
    return [failed.id for failed in heard]


async def test_hooks_hear_of_the_final_failure_when_it_is_committed(
    broker: LedgerBroker, at_work: AtWork, fall: Any
) -> None:
    heard: list[JobFailed] = []
    seen: list[State] = []
    threads: list[str] = []

    @broker.on_failure
    async def note(failed: JobFailed) -> None:
        seen.append((await broker.ledger.show(failed.id)).state)
        heard.append(failed)

    @broker.on_failure
    def note_in_a_thread(failed: JobFailed) -> None:
        threads.append(threading.current_thread().name)

    @broker.task
    async def plain() -> None: ...

    async with at_work():
        sent = await fall.kicker().with_labels(owner="ada").kiq()
        await ended(broker.ledger, (await plain.kiq()).task_id)
        await eventually(lambda: told(heard), [sent.task_id])
    (failed,) = heard
    assert (failed.task, failed.attempt, failed.error) == ("fall", 2, "OSError: no")
    assert failed.owner == "ada"
    assert "OSError: no" in (failed.traceback or "")
    assert seen == [State.FAILED]
    assert len(threads) == 1
    assert threads[0] != threading.main_thread().name


async def test_a_tasks_own_hook_hears_of_that_task_only(broker: LedgerBroker, fall: Any) -> None:
    heard: list[JobFailed] = []

    @broker.task("other")
    async def other() -> None:
        raise ValueError("other")

    @fall.on_failure
    async def note(failed: JobFailed) -> None:
        heard.append(failed)

    async with working(broker.worker()):
        await ended(broker.ledger, (await other.kiq()).task_id)
        sent = await fall.kiq()
        await eventually(lambda: told(heard), [sent.task_id])


async def test_a_hook_that_raises_or_hangs_harms_nobody(
    broker: LedgerBroker, fall: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "LONGEST", 0.2)
    heard: list[JobFailed] = []

    @broker.on_failure
    async def raise_too(failed: JobFailed) -> None:
        raise RuntimeError("hook fell")

    @broker.on_failure
    async def hang(failed: JobFailed) -> None:
        await asyncio.Event().wait()

    @broker.on_failure
    async def note(failed: JobFailed) -> None:
        heard.append(failed)

    with structlog.testing.capture_logs() as lines:
        async with working(broker.worker()):
            sent = [await fall.kiq(n) for n in range(6)]
            for each in sent:
                await ended(broker.ledger, each.task_id)

            async def count() -> int:
                return len(heard)

            await eventually(count, 6)
    words = [line["event"] for line in lines if "hook" in line]
    assert words.count("a hook on failure failed") == 6
    assert words.count("a hook on failure took too long") == 6
    assert await states(broker.ledger, *(each.task_id for each in sent)) == ["failed"] * 6


async def test_a_worker_that_stops_calls_its_hooks_first(broker: LedgerBroker, fall: Any) -> None:
    heard: list[JobFailed] = []
    go_on = asyncio.Event()

    @broker.on_failure
    async def note(failed: JobFailed) -> None:
        await go_on.wait()
        heard.append(failed)

    worker = broker.worker()
    running = asyncio.create_task(worker.run())
    sent = await fall.kiq()
    await ended(broker.ledger, sent.task_id)
    worker.stop()
    go_on.set()
    await asyncio.wait_for(running, 30)
    assert [failed.id for failed in heard] == [sent.task_id]


async def test_more_failures_than_hooks_can_take_are_bounded(
    broker: LedgerBroker, fall: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "MOST_WAITING", 2)
    calls = hooks.HookCalls(broker.events, broker.failure_hooks)
    broker.on_failure(lambda failed: None)
    failed = JobFailed(id="a", task="t", queue="q", attempt=1, outcome="failed", took=0.0)
    with structlog.testing.capture_logs() as lines:
        for _ in range(3):
            calls._hear(failed)
    assert [line["event"] for line in lines] == ["too many failures: a hook was not called"]


def test_what_cannot_be_called_is_refused(broker: LedgerBroker) -> None:
    with pytest.raises(InvalidInput, match="no function"):
        broker.on_failure("mail me")  # type: ignore[type-var]


async def test_a_hook_may_enqueue(broker: LedgerBroker, at_work: AtWork, fall: Any) -> None:
    @broker.task("repair")
    async def repair(job: str) -> str:
        return job

    sent: list[Any] = []

    @broker.on_failure
    async def send(failed: JobFailed) -> None:
        sent.append(await repair.kiq(failed.id))

    async with at_work():
        broken = await fall.kiq()

        async def count() -> int:
            return len(sent)

        await eventually(count, 1)
        result = await sent[0].wait_result(timeout=60)
    assert result.return_value == broken.task_id
