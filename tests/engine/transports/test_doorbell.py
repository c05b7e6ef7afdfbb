import asyncio

import pytest

from horarium.engine.jobs.channels import JOBS_CHANNEL
from horarium.engine.transports import postgres
from horarium.engine.transports.doorbell import Doorbell
from horarium.listener import Listener


async def test_rings_before_the_wait_count_as_one() -> None:
    bell = Doorbell()
    bell.ring()
    bell.ring()
    await bell.wait(60)
    bell.hush()
    await bell.wait(0.001)


async def test_a_ring_ends_a_wait() -> None:
    bell = Doorbell()
    waiting = asyncio.create_task(bell.wait(60))
    await asyncio.sleep(0)
    bell.ring()
    await asyncio.wait_for(waiting, 5)


@pytest.mark.parametrize(
    ("queues", "heard", "rings"),
    [
        (None, "any", True),
        (["mail"], "mail", True),
        (["mail"], "other", False),
        (["mail"], None, True),
    ],
)
def test_only_the_queues_of_the_worker_ring(
    queues: list[str] | None, heard: str | None, rings: bool
) -> None:
    bell, listener = Doorbell(), Listener(None)  # type: ignore[arg-type]
    postgres.attach(listener, bell, queues)
    for tell in listener._subscribers[JOBS_CHANNEL]:
        tell(heard)
    assert bell._rung.is_set() == rings
