"""The inline broker: everything but the database is the real thing."""

import asyncio
from typing import Annotated, Any

import pytest
from argument_types import Point
from taskiq import (
    Context,
    SimpleRetryMiddleware,
    TaskiqDepends,
    TaskiqEvents,
    TaskiqMessage,
    TaskiqResult,
)
from taskiq.abc.middleware import TaskiqMiddleware
from taskiq.exceptions import SendTaskError, TaskiqResultTimeoutError, UnknownTaskError

from horarium.engine import (
    Cancel,
    Filter,
    InlineBroker,
    JobConnection,
    JobId,
    LedgerBroker,
    Progress,
    Snooze,
    State,
    WrongArgument,
    inline,
)
from horarium.errors import InvalidInput, NotFound


@pytest.fixture
def broker() -> InlineBroker:
    return InlineBroker()


async def test_progress_and_the_exception_itself_are_kept(broker: InlineBroker) -> None:
    class Particular(Exception):
        def __init__(self, one: int, two: int) -> None:
            super().__init__(f"{one} and {two}")
            self.two = two

    @broker.task
    async def tell(progress: Progress) -> None:
        await progress(0.5, "half", "counting")
        raise Particular(1, 2)

    sent = await tell.kiq()
    result = await sent.wait_result()
    with pytest.raises(Particular) as raised:
        result.raise_for_error()
    assert raised.value.two == 2
    progress = await sent.get_progress()
    assert progress is not None
    assert (progress.state, progress.meta) == ("counting", {"fraction": 0.5, "note": "half"})
    assert not broker._running_tasks


async def test_a_message_of_taskiqs_own_formatter_is_read(broker: InlineBroker) -> None:
    written = b'{"task_id":"a","task_name":"t","labels":{"x":1},"args":[1],"kwargs":{"y":2}}'
    message = broker.formatter.loads(written)
    assert (message.task_id, message.task_name, message.labels) == ("a", "t", {"x": 1})
    assert (message.args, message.kwargs) == ([1], {"y": 2})


@pytest.fixture
def later() -> InlineBroker:
    return InlineBroker(at_once=False)


async def test_a_call_runs_before_it_returns(broker: InlineBroker) -> None:
    @broker.task
    async def double(point: Point, job: JobId) -> list[Point]:
        return [point, Point(2 * point.x)]

    @broker.task
    def add(a: int, b: int = 1) -> int:
        return a + b

    sent = await double.kiq(Point(2))
    assert await sent.is_ready()
    assert (await sent.wait_result()).return_value == [Point(2), Point(4)]
    assert (await (await add.kiq(1)).wait_result()).return_value == 2
    assert await broker.enqueue_many(add, [(1,), {"a": 2}]) == 2
    assert [job.state for job in await broker.ledger.jobs(Filter(task=add.task_name))] == [
        "succeeded"
    ] * 3


async def test_calls_are_kept_until_all_are_run(later: InlineBroker) -> None:
    order: list[Any] = []

    @later.task
    async def first() -> None:
        await second.kiq()
        order.append("first")

    @later.task
    async def second() -> None:
        order.append("second")

    sent = await first.kiq()
    assert not await sent.is_ready()
    await later.wait_all()
    assert order == ["first", "second"]
    sent = await first.kiq()
    await sent.wait_result()  # whoever waits for a result has it run
    assert len(order) == 4


async def test_a_task_that_calls_others_stays_itself(broker: InlineBroker) -> None:
    @broker.task
    async def inner() -> str:
        return "inner"

    @broker.task
    async def outer(context: Annotated[Context, TaskiqDepends()], job: JobId) -> list[Any]:
        results = await asyncio.gather(*[inner.kiq() for _ in range(3)])
        values = [(await each.wait_result()).return_value for each in results]
        if "X-Taskiq-requeue" not in context.message.labels:
            await context.requeue()
        return values

    sent = await outer.kiq()
    assert (await sent.wait_result()).return_value == ["inner"] * 3


async def test_refusals_are_those_of_a_worker(broker: InlineBroker) -> None:
    @broker.task(retry_on_error=True)
    async def move(point: Point) -> None: ...

    result = await (await move.kiq({"x": "1"})).wait_result()
    with (
        pytest.raises(WrongArgument)
        if isinstance(result.error, WrongArgument)
        else pytest.raises(Exception, match=r"point.x: Expected `int`, got `str`")
    ):
        result.raise_for_error()
    with pytest.raises(SendTaskError) as refusal:
        await move.kiq(object())
    assert isinstance(refusal.value.__cause__, InvalidInput)
    assert str(refusal.value).startswith("the call of ")
    assert str(refusal.value).endswith(f" could not be sent: {refusal.value.__cause__}")
    with pytest.raises(InvalidInput, match="priority"):
        broker.task(priority=99_999)(move.original_func)
    with pytest.raises(SendTaskError, match=r"could not be sent: priority: .*99999"):
        await move.kicker().with_labels(priority=99_999).kiq(Point(1))


async def test_retries_follow_at_once(broker: InlineBroker) -> None:
    runs: list[int] = []

    @broker.task(retry_on_error=True, max_retries=3, retry_delay=3600)
    async def third() -> int:
        runs.append(1)
        if len(runs) < 3:
            raise ConnectionError("not yet")
        return len(runs)

    @broker.task(retry_on_error=True, max_retries=1)
    async def never() -> None:
        raise ConnectionError("never")

    assert (await (await third.kiq()).wait_result()).return_value == 3
    job = await broker.ledger.show((await never.kiq()).task_id)
    assert (job.state, job.attempt) == (State.FAILED, 2)
    assert job.error is not None
    assert "never" in (job.error.traceback or "")


async def test_a_task_may_choose_its_outcome(broker: InlineBroker) -> None:
    runs: list[str] = []

    @broker.task
    async def choose(how: str) -> Cancel | Snooze:
        runs.append(how)
        return Cancel("no") if how == "cancel" else Snooze(60)

    cancelled = await choose.kiq("cancel")
    assert (await broker.ledger.show(cancelled.task_id)).state is State.CANCELLED
    snoozed = await choose.kiq("snooze")
    assert (await broker.ledger.show(snoozed.task_id)).state is State.SCHEDULED
    await broker.wait_all()
    assert runs == ["cancel", "snooze", "snooze"]
    with pytest.raises(TaskiqResultTimeoutError):
        await snoozed.wait_result(timeout=1)
    assert await broker.ledger.cancel(snoozed.task_id, "enough") is State.CANCELLED
    assert await broker.ledger.cancel(snoozed.task_id, "again") is None


class Marks(TaskiqMiddleware):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def pre_send(self, message: TaskiqMessage) -> TaskiqMessage:
        self.seen.append("pre_send")
        return message

    def pre_execute(self, message: TaskiqMessage) -> TaskiqMessage:
        self.seen.append("pre_execute")
        return message

    def post_execute(self, message: TaskiqMessage, result: TaskiqResult[Any]) -> None:
        self.seen.append("post_execute")

    def post_save(self, message: TaskiqMessage, result: TaskiqResult[Any]) -> None:
        self.seen.append("post_save")


async def test_middlewares_and_dependencies_take_part(broker: InlineBroker) -> None:
    marks = Marks()
    broker.add_middlewares(marks, SimpleRetryMiddleware())
    runs: list[int] = []

    def one() -> int:
        return 1

    @broker.task(colour="red")
    async def work(
        context: Annotated[Context, TaskiqDepends()], n: Annotated[int, TaskiqDepends(one)]
    ) -> Any:
        return [n, context.message.labels["colour"]]

    @broker.task(retry_on_error=True, max_retries=2)
    async def again() -> None:
        runs.append(1)
        raise ConnectionError("no")

    assert (await (await work.kiq()).wait_result()).return_value == [1, "red"]
    assert marks.seen == ["pre_send", "pre_execute", "post_execute", "post_save"]
    await again.kiq()
    assert len(runs) == 2  # TaskIQ's middleware counts runs


async def test_unique_and_debounced_calls(later: InlineBroker) -> None:
    said: list[str] = []

    @later.task(unique=True)
    async def once(n: int) -> None: ...

    @later.task(debounce=5)
    async def last(text: str) -> None:
        said.append(text)

    first, second = await once.kiq(1), await once.kiq(n=1)
    assert (second.task_id, second.is_new) == (first.task_id, False)
    assert (await once.kiq(2)).is_new
    await last.kiq("a")
    await last.kiq("ab")
    await later.wait_all()
    assert said == ["ab"]
    assert (await once.kiq(1)).is_new


async def test_what_needs_a_database_says_so(broker: InlineBroker) -> None:
    @broker.task
    async def book(connection: JobConnection) -> None: ...

    result = await (await book.kiq()).wait_result()
    assert "an inline broker has no database" in str(result.error)
    with pytest.raises(NotFound):
        await broker.ledger.show("nothing")
    with pytest.raises(RuntimeError, match="cannot be listened to"):
        broker.listen()
    with pytest.raises(InvalidInput, match="by state, task and queue"):
        await broker.ledger.jobs(Filter(schedule="s", arguments=(1,)))  # type: ignore[arg-type]


async def test_waiting_has_an_end_and_what_hangs_is_given_back(later: InlineBroker) -> None:
    runs: list[int] = []

    @later.task(retry_on_error=True)
    async def hang() -> str:
        runs.append(1)
        if len(runs) == 1:
            await asyncio.Event().wait()
        return "done"

    sent = await hang.kiq()
    with pytest.raises(TaskiqResultTimeoutError):
        await sent.wait_result(timeout=0.01)
    assert (await later.ledger.show(sent.task_id)).state is State.QUEUED
    assert (await sent.wait_result()).return_value == "done"
    assert len(runs) == 2


async def test_it_starts_as_caller_and_as_worker(broker: InlineBroker) -> None:
    told: list[str] = []
    for event in TaskiqEvents:
        broker.add_event_handler(event, lambda _, event=event: told.append(event.name))
    await broker.startup()
    await broker.shutdown()
    assert sorted(told) == sorted(event.name for event in TaskiqEvents)


async def test_a_task_that_nobody_knows_cannot_be_called(broker: InlineBroker) -> None:
    @broker.task("gone")
    async def gone() -> None: ...

    del broker.local_task_registry["gone"]
    with pytest.raises(SendTaskError) as refusal:
        await gone.kiq()
    assert isinstance(refusal.value.__cause__, UnknownTaskError)


async def test_an_unknown_task_waits(later: InlineBroker) -> None:
    @later.task("gone")
    async def gone() -> None: ...

    sent = await gone.kiq()
    del later.local_task_registry["gone"]
    await later.wait_all()
    job = await later.ledger.show(sent.task_id)
    assert job.state is State.SCHEDULED
    assert job.error is not None
    assert "gone" in job.error.message


async def test_a_real_broker_is_inline_within_a_block() -> None:
    real = LedgerBroker(InlineBroker().ledger, InlineBroker().settings, InlineBroker().events)
    ledger = real.ledger

    @real.task
    async def work() -> int:
        return 5

    with inline(real) as within:
        assert (await (await work.kiq()).wait_result()).return_value == 5
        assert len(await within.jobs()) == 1
    assert real.ledger is ledger
