"""`horarium batch`: looking at batches and cancelling them, as a user meets it."""

import asyncio
from collections.abc import Callable
from typing import Any

from horarium import chain
from horarium.database import Database
from horarium.engine import Ledger, LedgerBroker
from horarium.events import Events
from horarium.settings import Settings

Horarium = Callable[..., Any]


def send(url: str, name: str) -> tuple[str, str]:
    """A chain of two; the ids of the batch and of the second job."""

    async def sent() -> tuple[str, str]:
        broker = LedgerBroker(Ledger(Database(url)), Settings(database_url=url), Events())

        @broker.task("step")
        async def step(*args: int) -> None: ...

        batch = await chain(step.s(1), step.s(2)).kiq(name=name, owner=name)
        await broker.shutdown()
        return batch.id, batch.ends[0]

    return asyncio.run(sent())


def test_batches_are_listed_and_shown(horarium: Horarium, url: str) -> None:
    id, second = send(url, "shown")
    done = horarium("batch", "list", "--owner", "shown")
    assert done.status == 0
    assert [word in done.out for word in (id, "chain", "shown")] == [True] * 3
    assert horarium("batch", "list", "--owner", "shown", "--json").json[0]["total"] == 2
    done = horarium("batch", "show", id)
    assert "0 of 2 (0%)" in done.out
    assert "waiting      1" in done.out
    assert horarium("batch", "show", id, "--json").json["states"] == {"queued": 1, "waiting": 1}
    found = horarium("job", "list", "--batch", id, "--json").json
    assert sorted(job["state"] for job in found) == ["queued", "waiting"]
    assert id in horarium("job", "show", second).out
    assert "waits for 1 job to end" in horarium("job", "explain", second).out


def test_a_batch_is_cancelled_and_run_again(horarium: Horarium, url: str) -> None:
    id, _ = send(url, "cancelled")
    done = horarium("batch", "cancel", id, "--reason", "enough")
    assert (done.status, done.out) == (0, "2 jobs are cancelled.\n")
    assert horarium("batch", "cancel", id, "--running", "--json").json == {
        "cancelled": 0, "asked_to_stop": 0,
    }  # fmt: skip
    assert "2 of 2 (100%)" in horarium("batch", "show", id).out
    done = horarium("job", "retry", "--batch", id, "--state", "cancelled")
    assert "2 jobs are queued again" in done.out


def test_what_is_refused(horarium: Horarium) -> None:
    for command in (("show",), ("cancel",)):
        done = horarium("batch", *command, "never")
        assert (done.status, "no batch 'never'" in done.error) == (1, True)
    assert horarium("batch", "list", "--page", "0").status == 2
