"""Waiting for results, and what comes back of a job that failed."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from taskiq.exceptions import ResultGetError, TaskiqResultTimeoutError
from workplace import AtWork, ended, enqueue, eventually, working

from horarium.clock import SetClock
from horarium.database import Connection
from horarium.engine import Cancel, Ledger, LedgerBroker, Snooze
from horarium.engine.broker.results import JobFailed, ResultExpired
from horarium.engine.jobs.expiry import forget_results
from horarium.errors import InvalidInput, NotFound
from horarium.events import Events
from horarium.settings import Settings

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


class OutOfStock(Exception):
    def __init__(self, product: str, left: int) -> None:
        super().__init__(f"{left} left of {product}")


class Picky(Exception):
    def __init__(self, words: str) -> None:
        if words != "as I was made":
            raise RuntimeError("not like this")
        super().__init__(words)


class Outer:
    class Inner(Exception):
        pass


async def test_waiting_ends_by_notification(
    broker: LedgerBroker, at_work: AtWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A waiter that looked again by itself would not be in time.
    monkeypatch.setattr("horarium.engine.broker.results._LOOK_AGAIN", 600.0)
    release = asyncio.Event()

    @broker.task
    async def wait() -> str:
        await release.wait()
        return "released"

    async with at_work():
        sent = await wait.kiq()
        waiting = [asyncio.create_task(sent.wait_result(timeout=30)) for _ in range(3)]
        await eventually(lambda: is_awaited(broker.ledger, sent.task_id))
        assert not await sent.is_ready()
        release.set()
        results = await asyncio.gather(*waiting)
    assert {result.return_value for result in results} == {"released"}
    assert await sent.is_ready()
    assert (await sent.get_result()).return_value == "released"


async def is_awaited(ledger: Ledger, id: str) -> bool:
    async with ledger.database.connection() as connection:
        sql = "select awaited from horarium.jobs where id = $1"
        return bool(await connection.fetchval(sql, id))


async def test_waiting_survives_a_lost_listener(
    broker: LedgerBroker, at_work: AtWork, connection: Connection
) -> None:
    release = asyncio.Event()

    @broker.task
    async def wait() -> None:
        await release.wait()

    async with at_work():
        sent = await wait.kiq()
        waiting = asyncio.create_task(sent.wait_result(timeout=60))
        await eventually(lambda: is_awaited(broker.ledger, sent.task_id))
        await connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and application_name = 'horarium listener'"
        )
        release.set()
        assert not (await waiting).is_err


async def test_waiting_has_an_end(broker: LedgerBroker) -> None:
    @broker.task
    async def never() -> None: ...

    sent = await never.kiq()
    with pytest.raises(TaskiqResultTimeoutError):
        await sent.wait_result(timeout=0.05)
    with pytest.raises(ResultGetError) as refusal:
        await sent.get_result()
    assert "no result yet: it is queued" in str(refusal.value.__cause__)
    # Nothing is kept of those who have given up.
    assert not broker.result_backend._waiting  # type: ignore[attr-defined]


async def test_a_job_that_never_was_has_no_result(broker: LedgerBroker) -> None:
    assert not await broker.result_backend.is_result_ready("never")
    with pytest.raises(NotFound, match="no job 'never'"):
        await broker.result_backend.get_result("never")
    with pytest.raises(NotFound):
        await broker.result_backend.wait("never", 5.0)  # type: ignore[attr-defined]


RAISED: dict[str, tuple[Any, type[Exception], str]] = {
    "builtin": (lambda: ValueError("no"), ValueError, "no"),
    "key": (lambda: KeyError("k"), KeyError, "'k'"),
    "nested": (lambda: Outer.Inner("in"), Outer.Inner, "in"),
    "other arguments": (lambda: OutOfStock("tea", 3), JobFailed, "OutOfStock: 3 left of tea"),
    "refuses its words": (lambda: local("gone"), JobFailed, "gone"),
    "no exception": (lambda: SystemExit(3), JobFailed, "SystemExit: 3"),
    "unicode": (lambda: "\udc00".encode(), JobFailed, "UnicodeEncodeError"),
}


def local(words: str) -> Exception:
    class Local(Exception):
        pass

    return Local(words)


async def test_a_failed_job_raises_a_sensible_type(broker: LedgerBroker, at_work: AtWork) -> None:
    @broker.task
    async def fall(how: str) -> None:
        error = RAISED[how][0]()
        raise error

    async with at_work():
        for how, (_, kind, words) in RAISED.items():
            result = await (await fall.kiq(how)).wait_result(timeout=60)
            assert result.is_err, how
            with pytest.raises(kind) as raised:
                result.raise_for_error()
            assert type(raised.value) is kind, how
            assert words in str(raised.value)


class NoSuchPage(KeyError):
    def __str__(self) -> str:
        return "page not found"


class Declined(Exception):
    def __init__(self, order: int, reason: str | None) -> None:
        self.order, self.reason = order, reason

    def __str__(self) -> str:
        return f"order {self.order} was declined: {self.reason}"


class Opaque:
    def __repr__(self) -> str:
        return "<opaque>"


@pytest.mark.parametrize(
    ("error", "args"),
    [
        (KeyError("it's"), ("it's",)),
        (KeyError(5), (5,)),
        (KeyError(Opaque()), ("<opaque>",)),
        (NoSuchPage(7), (7,)),
        (Declined(5, None), (5, None)),
        (ValueError("too long", 2.5, True), ("too long", 2.5, True)),
        (FileNotFoundError(2, "no such file"), (2, "no such file")),
        # Its words name the file, which is none of its arguments.
        (FileNotFoundError(2, "no file", "a.txt"), ("[Errno 2] no file: 'a.txt'",)),
        (ValueError("n", float("nan")), ("('n', nan)",)),
        (ValueError("n", 2**70), (f"('n', {2**70})",)),
        (ValueError("n", "\0"), ("('n', '\\x00')",)),
        (ValueError(*range(11)), (str(tuple(range(11))),)),
    ],
)
async def test_what_an_exception_was_made_from_comes_back(
    broker: LedgerBroker, at_work: AtWork, error: Exception, args: tuple[Any]
) -> None:
    @broker.task
    async def look() -> None:
        raise error

    async with at_work():
        result = await (await look.kiq()).wait_result(timeout=60)
    assert type(result.error) is type(error)
    assert result.error is not None
    assert result.error.args == args


async def test_an_exception_that_cannot_be_made_again_is_told(
    broker: LedgerBroker, at_work: AtWork
) -> None:
    @broker.task
    async def fall() -> None:
        error = Picky("as I was made")
        error.args = ("otherwise",)
        raise error

    async with at_work():
        result = await (await fall.kiq()).wait_result(timeout=60)
    with pytest.raises(JobFailed, match="Picky: otherwise"):
        result.raise_for_error()


async def test_a_type_that_is_not_known_here_is_not_guessed(
    broker: LedgerBroker, ledger: Ledger, connection: Connection
) -> None:
    await enqueue(ledger, "a")
    await ledger.cancel("a", "")
    await connection.execute(
        "update horarium.job_history set state = 'failed', error = "
        """'{"type": "TimeoutError", "message": "slow", "module": "of.another.process"}'"""
    )
    result = await broker.result_backend.get_result("a")
    assert isinstance(result.error, JobFailed)


async def test_a_cancelled_job_has_its_reason_as_error(
    broker: LedgerBroker, at_work: AtWork
) -> None:
    @broker.task
    async def choose() -> Cancel:
        return Cancel("nothing to do")

    async with at_work():
        result = await (await choose.kiq()).wait_result(timeout=60)
    assert result.is_err
    with pytest.raises(JobFailed, match="Cancelled: nothing to do"):
        result.raise_for_error()


async def test_a_result_says_how_long_it_took_and_its_labels(
    broker: LedgerBroker, at_work: AtWork
) -> None:
    @broker.task(colour="red")
    async def wait() -> None:
        await asyncio.sleep(0.05)

    async with at_work():
        sent = await wait.kicker().with_labels(size="big").kiq()
        result = await sent.wait_result(timeout=60)
        assert (await ended(broker.ledger, sent.task_id)).took is not None
    assert 0.04 < result.execution_time < 5
    assert result.labels == {"colour": "red", "size": "big"}


class Model(msgspec.Struct):
    quantity: int


async def test_results_come_back_as_they_are_annotated(
    broker: LedgerBroker, at_work: AtWork
) -> None:
    @broker.task
    async def stamp() -> datetime:
        return NOON

    @broker.task
    async def choose() -> datetime | Snooze:
        return NOON

    @broker.task
    async def model() -> Model:
        return Model(3)

    async with at_work():
        assert (await (await stamp.kiq()).wait_result(timeout=60)).return_value == NOON
        assert (await (await choose.kiq()).wait_result(timeout=60)).return_value == NOON
        assert (await (await model.kiq()).wait_result(timeout=60)).return_value == Model(3)


@pytest.mark.parametrize("given", [60.0, timedelta(minutes=1)])
async def test_a_result_that_has_expired_says_so(
    broker: LedgerBroker, at_work: AtWork, connection: Connection, given: Any
) -> None:
    @broker.task(result_expires=given)
    async def short() -> int:
        return 1

    @broker.task
    async def long() -> int:
        return 2

    async with at_work():
        sent, other = await short.kiq(), await long.kiq()
        own = await long.kicker().with_labels(result_expires=3600).kiq()
        for each in (sent, other, own):
            assert not (await each.wait_result(timeout=60)).is_err
    seconds = await connection.fetch(
        "select extract(epoch from expires_at - recorded_at)::int from horarium.expiring_results "
        "order by expires_at"
    )
    assert [row[0] for row in seconds] == [60, 3600]
    await forget_results(connection, 10, SetClock(datetime.now(UTC) + timedelta(seconds=70)))
    assert await sent.is_ready()
    with pytest.raises(ResultExpired, match=f"{sent.task_id} has expired"):
        await sent.wait_result(timeout=60)
    assert (await other.wait_result(timeout=60)).return_value == 2
    assert (await own.wait_result(timeout=60)).return_value == 2


async def test_a_setting_says_how_long_results_are_kept(
    ledger: Ledger, settings: Settings, connection: Connection
) -> None:
    settings = msgspec.structs.replace(settings, result_expires=30.0)
    broker = LedgerBroker(ledger, settings, Events())

    @broker.task
    async def plain() -> int:
        return 1

    async with working(broker.worker()):
        await (await plain.kiq()).wait_result(timeout=60)
    assert await connection.fetchval("select count(*) from horarium.expiring_results") == 1


def test_a_wrong_expiry_is_refused_at_the_declaration(broker: LedgerBroker) -> None:
    with pytest.raises(InvalidInput, match="result_expires: 0 cannot be used; it takes seconds"):
        broker.task(result_expires=0)(is_awaited)
