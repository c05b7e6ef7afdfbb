"""Encryption at rest."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest
from argument_types import Point
from cryptography.fernet import Fernet
from taskiq.exceptions import ResultGetError
from taskiq.formatters.proxy_formatter import ProxyFormatter
from workplace import attempts, ended, eventually, receiving, working

from horarium.database import Connection
from horarium.engine import Argument, Filter, Ledger, LedgerBroker, State
from horarium.engine.broker.seal import CannotOpen, Seal
from horarium.errors import InvalidSetting
from horarium.events import Events
from horarium.setting_values import Keys
from horarium.settings import Settings, load, masked

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
SECRET = "the secret word"
MakeBroker = Callable[..., LedgerBroker]


@pytest.fixture
async def broker_with(ledger: Ledger, settings: Settings) -> AsyncIterator[MakeBroker]:
    """Makes brokers with these keys, each with the task `tell`."""
    made: list[LedgerBroker] = []

    def make(*keys: str, **changes: Any) -> LedgerBroker:
        own = msgspec.structs.replace(settings, encryption_keys=Keys(keys), **changes)
        broker = LedgerBroker(ledger, own, Events())

        @broker.task("tell", unique={"fields": ["point"]})
        async def tell(word: str, point: Point) -> list[Any]:
            return [word, point.x]

        made.append(broker)
        return broker

    yield make
    for broker in made:
        await broker.shutdown()


async def everything(connection: Connection) -> str:
    """All rows of jobs and history, as text and with payloads readable."""
    rows = await connection.fetch(
        "select to_jsonb(j)::text || coalesce(encode(payload, 'escape'), '') from horarium.jobs j "
        "union all select to_jsonb(h)::text || coalesce(encode(payload, 'escape'), '') "
        "from horarium.job_history h"
    )
    return "\n".join(row[0] if isinstance(row[0], str) else str(row[0]) for row in rows)


@pytest.mark.parametrize("serializer", ["json", "msgpack", "own"])
@pytest.mark.parametrize("how", ["horarium", "taskiq"])
async def test_arguments_and_results_are_nowhere_in_clear(
    broker_with: MakeBroker, connection: Connection, serializer: str, how: str
) -> None:
    own = serializer == "own"
    broker = broker_with(NEW, serializer="json" if own else serializer)
    if own:
        broker.with_formatter(ProxyFormatter(broker))
    tell: Any = broker.find_task("tell")
    sent = await tell.kiq(SECRET, Point(1))
    assert (await tell.kiq(SECRET, Point(1))).task_id == sent.task_id  # unique as ever
    await broker.enqueue_many(tell, [(SECRET, {"x": 2}), {"word": SECRET, "point": {"x": 3}}])
    assert SECRET not in await everything(connection)
    async with receiving(broker) if how == "taskiq" else working(broker.worker()):
        result = await sent.wait_result(timeout=60)
        for job in await broker.ledger.jobs():
            assert (await ended(broker.ledger, job.id)).state is State.SUCCEEDED
    assert result.return_value == [SECRET, 1]
    assert SECRET not in await everything(connection)
    shown = await broker.ledger.show(sent.task_id)
    assert bytes(shown.arguments or b"") == b'{"args":["(encrypted)"],"kwargs":{}}'
    assert SECRET.encode() not in bytes(shown.result or b"")


async def test_keys_are_changed_while_jobs_wait(broker_with: MakeBroker) -> None:
    old: Any = broker_with(OLD).find_task("tell")
    sent = await old.kiq(SECRET, Point(1))
    changed = broker_with(NEW, OLD)
    again: Any = changed.find_task("tell")
    later = await again.kiq(SECRET, Point(2))
    async with working(changed.worker()):
        assert (await later.wait_result(timeout=60)).return_value == [SECRET, 2]
        await ended(changed.ledger, sent.task_id)
    # The result was sealed with the new key; who has only the old one is told so.
    with pytest.raises(ResultGetError) as refusal:
        await sent.get_result()
    assert isinstance(refusal.value.__cause__, CannotOpen)


@pytest.mark.parametrize("how", ["horarium", "taskiq"])
@pytest.mark.parametrize("keys", [(), (OLD,)])
async def test_a_job_without_its_key_waits_and_is_not_lost(
    broker_with: MakeBroker, keys: tuple[str, ...], how: str
) -> None:
    tell: Any = broker_with(NEW).find_task("tell")
    sent = await tell.kiq(SECRET, Point(1))
    poor = broker_with(*keys)

    async def waits() -> bool:
        job = await poor.ledger.show(sent.task_id)
        return job.state is State.SCHEDULED and job.error is not None

    async with receiving(poor) if how == "taskiq" else working(poor.worker()):
        await eventually(waits)
    job = await poor.ledger.show(sent.task_id)
    assert job.error is not None
    assert job.error.type == "CannotOpen"
    assert "HORARIUM_ENCRYPTION_KEYS" in job.error.message
    assert [outcome for _, outcome in await attempts(poor.ledger, job.id)] in ([], ["snoozed"])
    async with poor.ledger.database.connection() as connection:
        await connection.execute("update horarium.jobs set state = 'queued', due_at = now()")
    async with working(broker_with(NEW).worker()):
        assert (await sent.wait_result(timeout=60)).return_value == [SECRET, 1]


async def test_jobs_from_before_are_read_with_a_key(broker_with: MakeBroker) -> None:
    tell: Any = broker_with().find_task("tell")
    sent = await tell.kiq("in clear", Point(1))
    async with working(broker_with(NEW).worker()):
        await ended(broker_with().ledger, sent.task_id)
    async with working(broker_with(NEW).worker()):
        pass
    found: Any = broker_with(NEW)
    assert (await found.result_backend.get_result(sent.task_id)).return_value == ["in clear", 1]


async def test_filters_do_not_see_into_what_is_sealed(broker_with: MakeBroker) -> None:
    broker = broker_with(NEW)
    tell: Any = broker.find_task("tell")
    await tell.kiq(word=SECRET, point=Point(1))
    assert len(await broker.ledger.jobs(Filter(task="tell"))) == 1
    wanted = (Argument("word", SECRET),)
    assert await broker.ledger.jobs(Filter(task="tell", arguments=wanted)) == []


def test_what_looks_sealed_and_is_not_is_left_alone() -> None:
    for data in (b'{"sealed":5}', b'{"sealed":"letter"}', b"null"):
        assert Seal(()).opened_result(data) == data
        assert Seal([NEW]).opened_result(data) == data


def test_keys_are_never_shown() -> None:
    settings = load({"HORARIUM_ENCRYPTION_KEYS": f"{NEW}, {OLD}"})
    assert settings.encryption_keys == (NEW, OLD)
    assert masked(settings, "encryption_keys") == "set, 2 in all"
    assert masked(load({}), "encryption_keys") == "not set"
    assert NEW not in repr(settings)
    with pytest.raises(InvalidSetting, match="key 2 of 2 is no key; it takes 32 bytes") as refusal:
        load({"HORARIUM_ENCRYPTION_KEYS": f"{NEW},short"})
    assert NEW not in str(refusal.value)
    with pytest.raises(InvalidSetting, match="it takes json or msgpack"):
        load({"HORARIUM_SERIALIZER": "pickle"})
