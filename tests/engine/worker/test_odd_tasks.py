"""Tasks that end in ways nobody has ordered: one recorded error each, and the worker runs on."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from taskiq import TaskiqMiddleware
from workplace import ended, working

from horarium.database import Connection
from horarium.engine import Cancel, JobConnection, LedgerBroker, Snooze, State


class Nameless(Exception):
    """Its words end the process that asks for them."""

    def __str__(self) -> str:
        raise SystemExit(3)


class NoText(Exception):
    def __str__(self) -> str:
        return 5  # type: ignore[return-value]


class Misnamed(Exception):
    pass


Misnamed.__qualname__ = "a\0\ud800"
Misnamed.__module__ = 5  # type: ignore[assignment]


def fall(levels: int) -> int:
    return fall(levels + 1) + 1


def endless() -> BaseException:
    """An error whose cause is itself."""
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    return first


def raising(error: BaseException) -> Callable[[], Any]:
    def act() -> None:
        raise error

    return act


def cancel_itself() -> str:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    return "though it was cancelled"


FAILING: dict[str, tuple[Callable[[], Any], str]] = {
    "the end of the process": (raising(SystemExit(3)), "SystemExit"),
    "an interrupt": (raising(KeyboardInterrupt()), "KeyboardInterrupt"),
    "the end of a generator": (raising(GeneratorExit()), "GeneratorExit"),
    "a bare BaseException": (raising(BaseException("bare")), "BaseException"),
    "a cancellation": (raising(asyncio.CancelledError()), "CancelledError"),
    "the end of an iteration": (raising(StopIteration(5)), "RuntimeError"),
    "too deep": (lambda: fall(0), "RecursionError"),
    "no memory": (raising(MemoryError()), "MemoryError"),
    "words that end the process": (raising(Nameless()), "Nameless"),
    "words that are no text": (raising(NoText()), "NoText"),
    "a name that cannot be kept": (raising(Misnamed("odd")), r"a\x00\ud800"),
    "a circle of causes": (raising(endless()), "ValueError"),
    "a flood of words": (raising(ValueError("x" * 50_000_000)), "ValueError"),
    "many at once": (
        raising(BaseExceptionGroup("many", [ValueError(n) for n in range(5000)])),
        "ExceptionGroup",
    ),
    "a reason that is no text": (lambda: Cancel(5), "TypeError"),  # type: ignore[arg-type]
    "a snooze of no number": (lambda: Snooze(float("nan")), "ValueError"),
    "a snooze of a word": (lambda: Snooze("soon"), "TypeError"),  # type: ignore[arg-type]
}


@pytest.fixture
def odd(broker: LedgerBroker) -> Any:
    @broker.task
    async def odd(what: str) -> Any:
        return FAILING[what][0]()

    return odd


@pytest.fixture
def odd_in_a_thread(broker: LedgerBroker) -> Any:
    @broker.task
    def odd_in_a_thread(what: str) -> Any:
        return FAILING[what][0]()

    return odd_in_a_thread


@pytest.fixture
def odd_in_its_transaction(broker: LedgerBroker) -> Any:
    @broker.task
    async def odd_in_its_transaction(what: str, connection: JobConnection) -> Any:
        await connection.execute("insert into public.written values ($1)", what)
        return FAILING[what][0]()

    return odd_in_its_transaction


@pytest.mark.parametrize("kind", ["odd", "odd_in_a_thread", "odd_in_its_transaction"])
async def test_each_ends_in_one_recorded_error(
    broker: LedgerBroker, connection: Connection, request: pytest.FixtureRequest, kind: str
) -> None:
    task = request.getfixturevalue(kind)
    await connection.execute("create table public.written (what text)")
    for what in FAILING:
        await task.kicker().with_task_id(what).kiq(what)
    async with working(broker.worker()):
        found = {what: await ended(broker.ledger, what) for what in FAILING}
    errors = {what: job.error.type if job.error else None for what, job in found.items()}
    expected = {what: kind for what, (_, kind) in FAILING.items()}
    if kind == "odd_in_a_thread":
        expected["the end of a generator"] = "RuntimeError"  # asyncio cannot hand it on
    assert errors == expected
    assert {job.state for job in found.values()} == {State.FAILED}
    assert all(len((job.error and job.error.traceback) or "") <= 50_000 for job in found.values())
    assert await connection.fetchval("select count(*) from public.written") == 0


async def test_a_task_that_cancels_itself_and_returns_has_succeeded(
    broker: LedgerBroker, connection: Connection
) -> None:
    """What it did not meet must not strike the commit of its transaction."""

    @broker.task
    async def alone() -> str:
        return cancel_itself()

    @broker.task
    async def with_rows(connection: JobConnection) -> str:
        await connection.execute("insert into public.written values ('once')")
        return cancel_itself()

    await connection.execute("create table public.written (what text)")
    async with working(broker.worker()):
        for task in (alone, with_rows):
            job = await ended(broker.ledger, (await task.kiq()).task_id)
            assert (job.state, job.attempt) == (State.SUCCEEDED, 1)
    assert await connection.fetchval("select count(*) from public.written") == 1


class Falling(TaskiqMiddleware):
    """Raises what a hook must not raise."""

    def __init__(self, hook: str, error: BaseException) -> None:
        super().__init__()
        self._hook, self._error = hook, error

    async def pre_execute(self, message: Any) -> Any:
        self._fall("pre_execute", message)
        return message

    async def post_execute(self, message: Any, result: Any) -> None:
        self._fall("post_execute", message)

    async def post_save(self, message: Any, result: Any) -> None:
        self._fall("post_save", message)

    def _fall(self, hook: str, message: Any) -> None:
        if hook == self._hook and message.task_name == "struck":
            raise self._error


@pytest.mark.parametrize("error", [SystemExit, GeneratorExit, asyncio.CancelledError, MemoryError])
@pytest.mark.parametrize("hook", ["pre_execute", "post_execute", "post_save"])
async def test_a_middleware_that_falls_ends_its_job_and_no_more(
    broker: LedgerBroker, hook: str, error: type[BaseException]
) -> None:
    broker.add_middlewares(Falling(hook, error()))

    @broker.task("struck")
    async def struck() -> int:
        return 1

    @broker.task("good")
    async def good() -> int:
        return 2

    async with working(broker.worker()):
        job = await ended(broker.ledger, (await struck.kiq()).task_id)
        assert (await (await good.kiq()).wait_result(timeout=60)).return_value == 2
    if hook == "post_save":  # the outcome stands
        assert job.state is State.SUCCEEDED
    else:
        assert job.error is not None
        assert (job.state, job.error.type) == (State.FAILED, error.__name__)


async def test_a_task_may_snooze_for_a_timedelta(broker: LedgerBroker) -> None:
    runs = []

    @broker.task
    async def twice() -> Any:
        runs.append(1)
        return Snooze(timedelta(milliseconds=1)) if len(runs) == 1 else "done"

    async with working(broker.worker()):
        assert (await (await twice.kiq()).wait_result(timeout=60)).return_value == "done"
