"""Too much at once: it costs time, not memory; and what was forgotten meanwhile is waited for."""

import gc
import tracemalloc
from collections.abc import Iterator

import pytest
from workplace import AtWork, ended, eventually, states

from horarium.engine import LedgerBroker, State

MOST_BYTES = 4 * 2**20


@pytest.mark.parametrize("count", [2_000, 40_000])
async def test_memory_does_not_grow_with_the_calls_that_are_sent(
    broker: LedgerBroker, count: int
) -> None:
    @broker.task("weigh")
    async def weigh(text: str) -> int:
        return len(text)

    def calls() -> Iterator[tuple[str]]:
        for number in range(count):
            yield (f"{number:0500}",)

    await broker.enqueue_many(weigh, [("x",)])  # what the first sending imports and prepares
    gc.collect()
    tracemalloc.start()
    try:
        assert await broker.enqueue_many(weigh, calls()) == count
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < MOST_BYTES


async def test_a_task_that_is_removed_between_enqueue_and_run_is_waited_for(
    broker: LedgerBroker, at_work: AtWork
) -> None:
    @broker.task("leaving")
    async def leaving(number: int) -> int:
        return number

    @broker.task("staying")
    async def staying() -> str:
        return "here"

    sent = await leaving.kiq(1)
    del broker.local_task_registry["leaving"]
    async with at_work():
        await eventually(lambda: states(broker.ledger, sent.task_id), ["scheduled"])
        other = await staying.kiq()
        assert (await ended(broker.ledger, other.task_id)).state is State.SUCCEEDED
    job = await broker.ledger.show(sent.task_id)
    assert job.attempt == 0
    assert job.error is not None
    assert "no worker so far knows the task 'leaving'" in job.error.message
