"""Plain tasks are called directly: by the same rules as those that take TaskIQ's receiver."""

import asyncio
from datetime import timedelta
from typing import Annotated, Any

import pytest
from taskiq import Context, TaskiqDepends, TaskiqMessage, TaskiqMiddleware
from workplace import AtWork, attempts, ended, working

from horarium.engine import LedgerBroker, State
from horarium.engine.broker import direct
from horarium.engine.jobs.job import Claim


class Looking(TaskiqMiddleware):
    """Sees runs."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def pre_execute(self, message: TaskiqMessage) -> TaskiqMessage:
        self.seen.append(message.task_id)
        return message


class Sending(TaskiqMiddleware):
    """Sees calls, and no runs."""

    def post_send(self, message: TaskiqMessage) -> None:
        """Nothing."""


def ways(broker: LedgerBroker, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that are called directly from here on."""
    called: list[str] = []
    read = direct.read

    def noted(task: direct.Plain, claim: Claim) -> direct.Call:
        called.append(claim.task)
        return read(task, claim)

    monkeypatch.setattr(direct, "read", noted)
    return called


async def test_plain_tasks_are_called_directly_others_take_the_receiver(
    broker: LedgerBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = ways(broker, monkeypatch)

    @broker.task("plain")
    async def plain(n: int) -> int:
        return n + 1

    @broker.task("sync")
    def sync(n: int) -> int:
        return n + 1

    @broker.task("with context")
    async def with_context(n: int, context: Annotated[Context, TaskiqDepends()]) -> int:
        return n + len(context.message.args)

    async with working(broker.worker()):
        for task in (plain, sync, with_context):
            handle = await task.kiq(1)  # type: ignore[call-overload]
            assert (await handle.wait_result(timeout=60)).return_value == 2
    assert called == ["plain"]


async def test_a_middleware_that_looks_at_runs_sees_all_of_them(
    broker: LedgerBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    called, looking = ways(broker, monkeypatch), Looking()

    @broker.task("plain")
    async def plain() -> None:
        return None

    broker.add_middlewares(Sending())
    async with working(broker.worker()):
        await ended(broker.ledger, (await plain.kiq()).task_id)
        assert called == ["plain"]
        broker.add_middlewares(looking)
        last = await plain.kiq()
        await ended(broker.ledger, last.task_id)
    assert called == ["plain"]
    assert looking.seen == [last.task_id]


@pytest.mark.parametrize("declared", [0.05, timedelta(milliseconds=50), None])
async def test_timeouts_count_of_the_declaration_and_of_the_call(
    broker: LedgerBroker, at_work: AtWork, declared: Any
) -> None:
    @broker.task("slow", timeout=declared)
    async def slow() -> None:
        await asyncio.Event().wait()

    async with at_work():
        kicker = slow.kicker() if declared else slow.kicker().with_labels(timeout=0.05)
        job = await ended(broker.ledger, (await kicker.kiq()).task_id)
    assert job.state is State.FAILED
    assert job.error is not None
    assert job.error.type == "TimeoutError"


async def test_errors_are_retried_by_the_labels_of_the_call(
    broker: LedgerBroker, at_work: AtWork
) -> None:
    runs: list[int] = []

    @broker.task("fails")
    async def fails(n: int) -> int:
        runs.append(n)
        if len(runs) < 3:
            raise ValueError(f"run {len(runs)}")
        return len(runs)

    async with at_work():
        kicker = fails.kicker().with_labels(retry_on_error=True, max_retries=5, retry_delay=0)
        job = await ended(broker.ledger, (await kicker.kiq(7)).task_id)
    assert (job.state, job.attempt, runs) == (State.SUCCEEDED, 3, [7, 7, 7])
    assert await attempts(broker.ledger, job.id) == [(1, "failed"), (2, "failed")]
