"""The arguments of a call, as its task's function takes them; and calls that do not fit."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
import pytest
from argument_types import ROUND_TRIPS, Basket, Circle, Order, Point, Route
from taskiq import Context, InMemoryBroker, SimpleRetryMiddleware, TaskiqDepends, TaskiqResult
from taskiq.abc.middleware import TaskiqMiddleware
from taskiq.message import TaskiqMessage
from workplace import AtWork, attempts, ended, receiving

from horarium.database import Connection
from horarium.engine import JobConnection, JobId, LedgerBroker, State
from horarium.engine.broker.arguments import WrongArgument, prepare
from horarium.engine.broker.message import decode_call, encode_call


async def plain() -> None: ...
async def anything(*args: Any, **kwargs: Any) -> None: ...
async def loose(a, b=1) -> None: ...  # type: ignore[no-untyped-def]
async def typed(number: int, /, order: Order, *, to: "Point | None" = None) -> None: ...
async def many(first: str, *points: Point, **routes: Route) -> None: ...
async def unset(size: int = None) -> None: ...  # type: ignore[assignment]  # noqa: RUF013
async def injected(
    job: JobId,
    number: int,
    context: Context = TaskiqDepends(),
    connection: JobConnection = None,
    point: Point = Point(0),
) -> None: ...


def sent(args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    call = decode_call(encode_call("t", args, kwargs))
    return call.args, call.kwargs


@pytest.mark.parametrize(
    ("function", "args", "kwargs"),
    [
        (plain, [], {}),
        (loose, [1], {"b": {"c": 1}}),
        (typed, [1, Order(number=1, placed="2024-05-01T00:00:00Z")], {"to": Point(1)}),
        (typed, [1], {"order": Order(number=1, placed="2024-05-01T00:00:00Z"), "to": None}),
        (many, ["a", Point(1), Point(2)], {"home": Route([Point(3)])}),
        (unset, [None], {}),
        (unset, [], {}),
        (injected, [], {"number": 1, "point": Point(5)}),
    ],
)
def test_arguments_come_as_the_function_takes_them(
    function: Any, args: list[Any], kwargs: dict[str, Any]
) -> None:
    convert = prepare(function)
    assert convert is not None
    assert convert(*sent(args, kwargs)) == (args, kwargs)


@pytest.mark.parametrize("function", [anything, print, dict.get])
def test_what_takes_anything_needs_no_reading(function: Any) -> None:
    assert prepare(function) is None or function is not anything


WRONG: list[tuple[Any, list[Any], dict[str, Any], str, str]] = [
    (plain, [1], {}, "args[0]", "the task takes none by position"),
    (plain, [], {"a": 1}, "a", "takes no such argument; it has: none"),
    (loose, [], {}, "a", "it is missing"),
    (loose, [1, 2, 3], {}, "args[2]", "the task takes 2 by position"),
    (loose, [1], {"c": 1}, "c", "no such argument; it has: a, b"),
    (loose, [1], {"a": 1}, "a", "given twice"),
    (typed, ["1", {}], {}, "number", "Expected `int`, got `str`"),
    (typed, [1], {"number": 1}, "number", "no such argument; it has: order, to"),
    (typed, [1], {"order": {"number": 1}}, "order.placed", "Field required"),
    (typed, [1], {"order": {"number": 1, "placed": "x"}}, "order.placed", "datetime"),
    (many, ["a", {"x": 1}, {"x": "1"}], {}, "points[1].x", "Expected `int`"),
    (many, ["a"], {"home": {"points": [{}]}}, "home.points[0]", "missing required field `x`"),
    (unset, ["1"], {}, "size", "Expected `int"),
    (injected, ["j", 1], {}, "job", "it is injected; what comes after it"),
    (injected, [], {}, "number", "missing"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("function", "args", "kwargs", "field", "reason"),
    WRONG,
    ids=[f"{function.__name__} {field}: {reason}" for function, _, _, field, reason in WRONG],
)
def test_a_call_that_does_not_fit_is_refused_with_field_and_reason(
    function: Any, args: list[Any], kwargs: dict[str, Any], field: str, reason: str
) -> None:
    convert = prepare(function)
    assert convert is not None
    with pytest.raises(WrongArgument) as refusal:
        convert(args, kwargs)
    assert refusal.value.field == field
    assert reason in refusal.value.reason


class Witness(TaskiqMiddleware):
    """Sees what a middleware of the user's sees."""

    def __init__(self) -> None:
        super().__init__()
        self.came: list[Any] = []
        self.errors: list[Any] = []
        self.results: list[Any] = []

    def pre_execute(self, message: TaskiqMessage) -> TaskiqMessage:
        self.came.append(message.args)
        return message

    def on_error(self, message: TaskiqMessage, result: TaskiqResult[Any], error: Any) -> None:
        self.errors.append(error)

    def post_execute(self, message: TaskiqMessage, result: TaskiqResult[Any]) -> None:
        self.results.append(result.error)


@pytest.mark.parametrize("middlewares", [[], [SimpleRetryMiddleware(default_retry_label=True)]])
async def test_a_wrong_type_fails_the_job_at_once(
    broker: LedgerBroker, at_work: AtWork, middlewares: list[Any]
) -> None:
    witness = Witness()
    broker.add_middlewares(*middlewares, witness)
    runs: list[Any] = []

    @broker.task(retry_on_error=True, max_retries=5)
    async def ship(order: Basket, express: bool = False) -> None:
        runs.append(order)

    wrong: list[tuple[Any, str]] = [
        (({"items": [{"price": 1}, {"price": "x"}]},), "order.items[1].price: Invalid decimal"),
        (({"items": []}, "yes"), "express: Expected `bool`, got `str`"),
        ((), "order: it is missing"),
    ]
    async with at_work():
        for args, sentence in wrong:
            job = await ended(broker.ledger, (await ship.kiq(*args)).task_id)
            assert (job.state, job.attempt) == (State.FAILED, 1)
            assert job.error is not None
            assert job.error.type == "WrongArgument"
            assert job.error.message.startswith(sentence)
            assert await attempts(broker.ledger, job.id) == []
        # The worker runs on.
        good = await ended(broker.ledger, (await ship.kiq(Basket([]))).task_id)
    assert good.state is State.SUCCEEDED
    assert runs == [Basket([])]
    assert [str(error) for error in witness.errors] == [str(e) for e in witness.results[:3]]
    assert all(isinstance(error, WrongArgument) for error in witness.errors)
    assert witness.came[1] == [{"items": []}, "yes"]  # middlewares see what was sent


async def test_middlewares_see_models_as_data_when_they_are_sent(broker: LedgerBroker) -> None:
    seen: list[Any] = []

    class Sending(TaskiqMiddleware):
        def pre_send(self, message: TaskiqMessage) -> TaskiqMessage:
            seen.append((message.args, message.kwargs))
            return message

    broker.add_middlewares(Sending())

    @broker.task
    async def take(*args: Any, **kwargs: Any) -> None: ...

    await take.kiq(Point(1), 5, order=Order(number=1, placed="2024-05-01T00:00:00Z"))
    order = {"number": 1, "placed": "2024-05-01T00:00:00Z", "items": []}
    assert seen == [([{"x": 1, "y": 0}, 5], {"order": order})]


async def test_a_formatted_message_can_be_read_again(broker: LedgerBroker) -> None:
    @broker.task("take", colour="red")
    async def take(n: int) -> None: ...

    message = take.kicker()._prepare_message(5)
    again = broker.formatter.loads(broker.formatter.dumps(message).message)
    assert (again.task_id, again.task_name, again.args, again.labels) == (
        message.task_id, "take", [5], {"colour": "red"}
    )  # fmt: skip


async def test_every_type_comes_back_from_the_ledger(broker: LedgerBroker, at_work: AtWork) -> None:
    for number, (kind, _) in enumerate(ROUND_TRIPS):

        async def compare(given: kind, wanted: int) -> bool:
            value = ROUND_TRIPS[wanted][1]
            return given == value and (type(given) is type(value) or type(value) is int)

        broker.register_task(compare, f"compare {number}")
    handles = []
    async with at_work():
        for number, (kind, value) in enumerate(ROUND_TRIPS):
            task = broker.find_task(f"compare {number}")
            assert task is not None
            handles.append((kind, await task.kiq(value, wanted=number)))
        for kind, sent in handles:
            result = await sent.wait_result(timeout=60)
            assert result.return_value is True, (kind, value, result)


async def test_every_type_comes_back_as_a_result(broker: LedgerBroker, at_work: AtWork) -> None:
    for number, (kind, _) in enumerate(ROUND_TRIPS):

        async def give(which: int) -> kind:
            return ROUND_TRIPS[which][1]

        broker.register_task(give, f"give {number}")
    async with at_work():
        for number, (kind, value) in enumerate(ROUND_TRIPS):
            task = broker.find_task(f"give {number}")
            assert task is not None
            result = await (await task.kiq(number)).wait_result(timeout=60)
            assert result.return_value == value, kind


async def test_a_result_that_is_not_what_was_said_comes_as_plain_data(
    broker: LedgerBroker, at_work: AtWork
) -> None:
    @broker.task
    async def number() -> int:
        return "five"  # type: ignore[return-value]

    async with at_work():
        assert (await (await number.kiq()).wait_result(timeout=60)).return_value == "five"


async def test_read_arguments_can_be_sent_again(broker: LedgerBroker, at_work: AtWork) -> None:
    runs: list[Any] = []

    @broker.task
    async def again(point: Point, basket: Basket, context: Annotated[Any, TaskiqDepends(Context)],
                    ) -> None:  # fmt: skip
        runs.append((point, basket))
        if len(runs) < 3:
            await context.requeue()

    wanted = (Point(1, 2), Basket([]))
    async with at_work():
        assert not (await (await again.kiq(*wanted)).wait_result(timeout=60)).is_err
    assert runs == [wanted] * 3


async def test_dependencies_are_no_arguments(broker: LedgerBroker, at_work: AtWork) -> None:
    @broker.task
    async def write(
        point: Point,
        connection: JobConnection,
        job: JobId,
        context: Annotated[Context, TaskiqDepends()],
    ) -> list[Any]:
        one = await connection.fetchval("select 1")
        return [one, job == context.message.task_id, point.x]

    async with at_work():
        result = await (await write.kiq(Point(7))).wait_result(timeout=60)
    assert result.return_value == [1, True, 7]


async def test_a_call_written_into_the_table_by_hand_is_read_too(
    broker: LedgerBroker, at_work: AtWork, connection: Connection
) -> None:
    @broker.task
    async def go(point: Point) -> int:
        return point.x

    sent = await go.kicker().with_labels(delay=3600).kiq(Point(1))
    for arguments, state in (('{"args":[{"x":5}],"kwargs":{}}', "succeeded"), ("[]", "failed"),
                             ('{"args":5,"kwargs":[]}', "failed")):  # fmt: skip
        again = await go.kicker().with_labels(delay=3600).kiq(Point(1))
        await connection.execute(
            "update horarium.jobs set arguments = $2::text::jsonb, due_at = now(), state = 'queued'"
            "where id = $1",
            again.task_id,
            arguments,
        )
        async with at_work():
            job = await ended(broker.ledger, again.task_id)
        assert job.state.value == state, job
    assert inspect.iscoroutinefunction(go.original_func)
    assert not await sent.is_ready()


async def test_another_brokers_receiver_still_complains_of_what_it_cannot_read(
    broker: LedgerBroker, caplog: pytest.LogCaptureFixture
) -> None:
    other = InMemoryBroker(await_inplace=True)

    @broker.task
    async def ours(circle: Circle) -> float:
        return circle.radius

    @other.task
    async def theirs(number: int) -> int:
        return number

    complaint = "Can't parse argument 0"
    async with receiving(broker):
        # Pydantic does not know msgspec's models; the ledger's broker reads them itself.
        assert (await (await ours.kiq(Circle(2.0))).wait_result(timeout=60)).return_value == 2.0
        assert complaint not in caplog.text
        await theirs.kiq("many")  # type: ignore[call-overload]
    assert complaint in caplog.text


def test_reading_costs_nothing_where_there_is_nothing_to_read() -> None:
    assert prepare(anything) is None
    assert prepare(plain) is prepare(plain)


def test_msgspec_models_keep_their_own_rules() -> None:
    class Exact(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
        order_id: int

    async def take(exact: Exact) -> None: ...

    convert = prepare(take)
    assert convert is not None
    assert convert([{"orderId": 1}], {})[0] == [Exact(1)]
    with pytest.raises(WrongArgument, match="exact: Object contains unknown field `order_id`"):
        convert([{"orderId": 1, "order_id": 2}], {})
