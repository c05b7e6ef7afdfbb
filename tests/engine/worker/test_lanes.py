"""Lanes: runs that never wait share an asyncio task; one that waits has its own."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from datetime import UTC, datetime

import pytest

from horarium.database import Database
from horarium.engine.jobs.job import Claim
from horarium.engine.worker import lanes as lanes_module
from horarium.engine.worker.lanes import Lanes
from horarium.engine.worker.run import Run, current_run

NOW = datetime(2026, 1, 1, tzinfo=UTC)
colour: ContextVar[str] = ContextVar("colour", default="none")


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lane does not end for having taken long: the machine may be busy."""
    monkeypatch.setattr(lanes_module, "_LONGEST", 60.0)


def run(number: int) -> Run:
    claim = Claim(
        str(number), "t", 1, 1, "q", 0, NOW, NOW, None, None, None, None, None, None, False, False
    )
    return Run(claim, Database("postgresql://nowhere"))


async def through(count: int, act: Callable[[Run], Awaitable[None]]) -> list[asyncio.Task[None]]:
    """Take runs through lanes; the tasks that they ran in, in order."""
    tasks: dict[int, asyncio.Task[None]] = {}
    done = asyncio.Event()

    async def go(each: Run) -> None:
        task = asyncio.current_task()
        assert task is each.task
        assert task is not None
        tasks[int(each.claim.id)] = task
        each.enter()
        await act(each)
        if len(tasks) == count:
            done.set()

    lanes = Lanes(go)
    for number in range(count):
        lanes.add(run(number))
    await asyncio.wait_for(done.wait(), 30)
    return [tasks[number] for number in range(count)]


async def test_runs_that_do_not_wait_share_a_task() -> None:
    async def act(each: Run) -> None:
        assert current_run() is each

    assert len(set(await through(50, act))) == 1


async def test_a_lane_that_has_taken_long_lets_others_have_their_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lanes_module, "_LONGEST", -1.0)

    async def act(_: Run) -> None:
        return

    assert len(set(await through(5, act))) == 5


async def test_runs_that_wait_have_a_task_each_and_go_side_by_side() -> None:
    together = asyncio.Barrier(20)

    async def act(_: Run) -> None:
        await together.wait()

    assert len(set(await through(20, act))) == 20


async def test_one_that_waits_leaves_its_lane_to_nobody() -> None:
    async def act(each: Run) -> None:
        if int(each.claim.id) == 3:
            await asyncio.sleep(0)

    tasks = await through(10, act)
    assert len(set(tasks[:4])) == 1
    assert tasks[3] not in tasks[4:]


async def test_no_run_sees_the_context_variables_of_another() -> None:
    seen: list[str] = []

    async def act(each: Run) -> None:
        seen.append(colour.get())
        if int(each.claim.id) % 3 == 0:
            colour.set(f"of {each.claim.id}")

    await through(10, act)
    assert seen == ["none"] * 10


async def test_a_cancellation_that_a_run_leaves_behind_is_not_anothers() -> None:
    ran: list[int] = []

    async def act(each: Run) -> None:
        ran.append(int(each.claim.id))
        if each.claim.id == "2" and each.task is not None:
            each.task.cancel()

    await through(6, act)
    assert ran == list(range(6))


async def test_the_loop_turns_between_many_runs() -> None:
    turns = 0

    def turn() -> None:
        nonlocal turns
        turns += 1
        asyncio.get_running_loop().call_soon(turn)

    async def act(_: Run) -> None:
        until = asyncio.get_running_loop().time() + 0.001
        while asyncio.get_running_loop().time() < until:
            pass

    turn()
    await through(50, act)
    assert turns >= 4
