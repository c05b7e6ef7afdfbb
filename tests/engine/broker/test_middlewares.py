"""Middlewares: all hooks in TaskIQ's order, and what happens when one of them falls."""

import asyncio
from contextlib import nullcontext
from typing import Any

import pytest
from taskiq import (
    AsyncBroker,
    InMemoryBroker,
    SimpleRetryMiddleware,
    SmartRetryMiddleware,
    TaskiqMessage,
    TaskiqMiddleware,
    TaskiqResult,
)
from workplace import AtWork, attempts, ended, eventually, receiving, states, working

from horarium.engine import JobConnection, JobId, LedgerBroker, State

SENDING = ("pre_send", "post_send")
RUNNING = ("pre_execute", "on_error", "post_execute", "post_save")


class Witness(TaskiqMiddleware):
    """Writes down every hook that it sees."""

    def __init__(self, name: str, seen: list[str]) -> None:
        super().__init__()
        self.name = name
        self.seen = seen

    def note(self, hook: str) -> None:
        self.seen.append(f"{self.name} {hook}")

    def startup(self) -> None:
        self.note("startup")

    async def shutdown(self) -> None:
        self.note("shutdown")

    async def pre_send(self, message: TaskiqMessage) -> TaskiqMessage:
        self.note("pre_send")
        message.labels[f"sent by {self.name}"] = "yes"
        return message

    def post_send(self, message: TaskiqMessage) -> None:
        self.note("post_send")

    def pre_execute(self, message: TaskiqMessage) -> TaskiqMessage:
        self.note("pre_execute")
        message.args[0] += 1
        return message

    async def on_error(
        self, message: TaskiqMessage, result: TaskiqResult[Any], exception: BaseException
    ) -> None:
        self.note(f"on_error {type(exception).__name__}")

    async def post_execute(self, message: TaskiqMessage, result: TaskiqResult[Any]) -> None:
        self.note(f"post_execute {result.is_err} {sorted(message.labels)}")

    def post_save(self, message: TaskiqMessage, result: TaskiqResult[Any]) -> None:
        self.note(f"post_save {result.return_value}")


class Faller(TaskiqMiddleware):
    """Falls in one hook, while it is told to."""

    def __init__(self, hook: str) -> None:
        super().__init__()
        self.falls = True

        def fall(message: TaskiqMessage, *_: Any) -> TaskiqMessage:
            if self.falls:
                raise OSError(f"{hook} fell")
            return message

        # TaskIQ looks for hooks at the class.
        self.__class__ = type("Faller", (Faller,), {hook: lambda _, *given: fall(*given)})


async def witnessed(broker: AsyncBroker, at_work: Any) -> list[str]:
    """What two witnesses see of one call that returns and one that raises."""
    seen: list[str] = []
    broker.add_middlewares(Witness("a", seen), Witness("b", seen))

    @broker.task("halve")
    async def halve(n: int) -> float:
        return 1 / (n - 2)

    async def saved() -> int:
        return sum(line.startswith("a post_save") for line in seen)

    await broker.startup()
    async with at_work():
        for calls, n in enumerate((3, 0), start=1):
            await (await halve.kiq(n)).wait_result(timeout=60)
            await eventually(saved, calls)
    await broker.shutdown()
    return seen


def of(seen: list[str], *hooks: str) -> list[str]:
    """The lines of these hooks: the sender's and the worker's interleave as they like."""
    return [line for line in seen if line.split()[1] in hooks]


async def test_all_hooks_are_called_in_taskiqs_order(broker: LedgerBroker, at_work: AtWork) -> None:
    reference = await witnessed(InMemoryBroker(await_inplace=True), nullcontext)
    seen = await witnessed(broker, at_work)
    assert {line.split()[1] for line in seen} == {*SENDING, *RUNNING, "startup", "shutdown"}
    for hooks in (("startup",), SENDING, RUNNING):
        assert of(seen, *hooks) == of(reference, *hooks)
    assert of(seen, "shutdown")[:2] == of(reference, "shutdown")


@pytest.mark.parametrize("hook", ["pre_execute", "on_error", "post_execute"])
async def test_a_middleware_that_falls_fails_the_job(
    broker: LedgerBroker, at_work: AtWork, hook: str
) -> None:
    faller = Faller(hook)
    broker.add_middlewares(faller)

    @broker.task
    async def divide(n: int) -> float:
        return 1 / n

    async with at_work():
        job = await ended(broker.ledger, (await divide.kiq(0)).task_id)
        faller.falls = False
        assert (await (await divide.kiq(1)).wait_result(timeout=60)).return_value == 1
    assert job.state is State.FAILED
    assert job.error is not None
    assert (job.error.type, job.error.message) == ("OSError", f"{hook} fell")


async def test_a_middleware_that_falls_undoes_the_jobs_rows(
    broker: LedgerBroker, at_work: AtWork, connection: Any
) -> None:
    await connection.execute("create table public.written (n int)")
    broker.add_middlewares(Faller("post_execute"))

    @broker.task
    async def write(connection: JobConnection) -> None:
        await connection.execute("insert into public.written values (1)")

    async with at_work():
        assert (await ended(broker.ledger, (await write.kiq()).task_id)).state is State.FAILED
    assert await connection.fetchval("select count(*) from public.written") == 0


async def test_what_falls_after_the_outcome_leaves_it(broker: LedgerBroker) -> None:
    broker.add_middlewares(Faller("post_save"))

    @broker.task
    async def work(connection: JobConnection) -> int:
        return 1

    @broker.task
    async def plain() -> int:
        return 2

    async with working(broker.worker()):
        assert (await (await work.kiq()).wait_result(timeout=60)).return_value == 1
        assert (await (await plain.kiq()).wait_result(timeout=60)).return_value == 2


async def test_a_message_that_pre_send_refuses_is_not_sent(broker: LedgerBroker) -> None:
    broker.add_middlewares(Faller("pre_send"))

    @broker.task
    async def work() -> None: ...

    with pytest.raises(OSError, match="pre_send fell"):
        await work.kiq()
    assert await broker.ledger.counts() == {}


async def test_simple_retries_are_attempts_of_the_same_job(
    broker: LedgerBroker, at_work: AtWork
) -> None:
    broker.add_middlewares(SimpleRetryMiddleware(default_retry_count=3))
    retries: list[Any] = []

    @broker.task(retry_on_error=True)
    async def fall(ids: list[str], job: JobId) -> None:
        retries.append((ids, job))
        raise ValueError(len(retries))

    async with at_work():
        sent = await fall.kiq(["x"])
        job = await ended(broker.ledger, sent.task_id)
    # TaskIQ counts runs: three in all. The engine's own rule adds none.
    assert retries == [(["x"], sent.task_id)] * 3
    assert (job.state, job.attempt) == (State.FAILED, 3)
    assert await attempts(broker.ledger, sent.task_id) == [(1, "failed"), (2, "failed")]
    assert job.error is not None
    assert job.error.message == "3"


async def test_simple_retries_end_with_a_success(broker: LedgerBroker, at_work: AtWork) -> None:
    broker.add_middlewares(SimpleRetryMiddleware(default_retry_label=True))
    runs: list[int] = []

    @broker.task
    async def fall_once() -> str:
        runs.append(1)
        if len(runs) == 1:
            raise ValueError
        return "up"

    async with at_work():
        result = await (await fall_once.kiq()).wait_result(timeout=60)
    assert (result.return_value, result.labels) == ("up", {"_retries": 1})


async def test_smart_retries_wait_as_they_say(broker: LedgerBroker, at_work: AtWork) -> None:
    broker.add_middlewares(SmartRetryMiddleware(default_retry_count=5, default_delay=40))

    @broker.task(retry_on_error=True)
    async def fall() -> None:
        raise ValueError("later")

    async with at_work():
        sent = await fall.kiq()
        await eventually(lambda: states(broker.ledger, sent.task_id), ["retrying"])
    job = await broker.ledger.show(sent.task_id)
    assert job.started_at is not None
    assert 39 < (job.due_at - job.started_at).total_seconds() < 45
    assert job.error is not None
    assert job.error.message == "later"


async def test_retry_middlewares_respect_their_exception_types(
    broker: LedgerBroker, at_work: AtWork
) -> None:
    broker.add_middlewares(SimpleRetryMiddleware())

    @broker.task(retry_on_error=True, types_of_exceptions=[KeyError])
    async def fall() -> None:
        raise ValueError

    async with at_work():
        assert (await ended(broker.ledger, (await fall.kiq()).task_id)).attempt == 1


async def test_a_job_sent_once_more_after_its_end_is_a_new_one(broker: LedgerBroker) -> None:
    class Repeat(TaskiqMiddleware):
        async def post_save(self, message: TaskiqMessage, result: TaskiqResult[Any]) -> None:
            if message.args[0] < 3:
                await count.kicker().with_task_id(message.task_id).kiq(message.args[0] + 1)

    runs: list[int] = []

    @broker.task
    async def count(n: int) -> None:
        runs.append(n)

    broker.add_middlewares(Repeat())
    async with working(broker.worker()):
        await count.kicker().with_task_id("same").kiq(1)
        await eventually(lambda: asyncio.sleep(0, list(runs)), [1, 2, 3])


async def test_a_callback_that_never_acknowledges_is_not_waited_for(broker: LedgerBroker) -> None:
    @broker.task(ack_type="manual")
    async def forget() -> int:
        return 1

    @broker.task(ack_type="no such type")
    async def wrong() -> int:
        return 1

    async with receiving(broker):
        forgotten = await ended(broker.ledger, (await forget.kiq()).task_id)
        refused = await ended(broker.ledger, (await wrong.kiq()).task_id)
    assert (forgotten.error.type if forgotten.error else None) == "NotAcknowledged"
    assert "Invalid ack_type label" in (refused.error.message if refused.error else "")


@pytest.mark.parametrize("ack_type", ["when_received", "when_executed", "when_saved"])
async def test_the_outcome_does_not_hang_on_the_time_of_the_acknowledgement(
    broker: LedgerBroker, ack_type: str
) -> None:
    @broker.task(ack_type=ack_type)
    async def divide(n: int) -> float:
        return 1 / n

    async with receiving(broker):
        assert (await (await divide.kiq(2)).wait_result(timeout=60)).return_value == 0.5
        assert (await ended(broker.ledger, (await divide.kiq(0)).task_id)).state is State.FAILED


async def test_a_result_that_another_backend_refuses_is_no_success(broker: LedgerBroker) -> None:
    runs: list[int] = []
    saves = broker.result_backend.set_result

    async def refuse(task_id: str, result: TaskiqResult[Any]) -> None:
        if len(runs) == 1:
            raise ConnectionError
        await saves(task_id, result)

    @broker.task
    async def work() -> None:
        runs.append(1)

    broker.result_backend.set_result = refuse  # type: ignore[method-assign]
    async with receiving(broker):
        sent = await work.kiq()
        await eventually(lambda: states(broker.ledger, sent.task_id), ["retrying"])
    job = await broker.ledger.show(sent.task_id)
    assert (job.error.type if job.error else None) == "ResultNotSaved"
