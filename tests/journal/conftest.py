"""What the tests of the journal stand on: jobs as if they had ended, and a folder of their own."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from databases import Databases
from horarium.application import Horarium
from horarium.settings import Settings

Ended = Callable[..., Awaitable[None]]

END = """
insert into horarium.job_history (
    id, task, queue, priority, state, due_at, enqueued_at, attempt, worker, started_at, finished_at,
    owner, arguments, payload, result, error
) values ($1, $2, 'default', 0, $3, $4, $4, 1, 1, $4, $4, $5, $6, $7, $8, $9)
"""

EMPTY = """
truncate horarium.jobs, horarium.job_history, horarium.attempts, horarium.accounts,
    horarium.tokens, horarium.journal_owners, horarium.journal_days, horarium.journal_state,
    shop.users cascade
"""


@pytest.fixture(scope="session")
def journal_url(databases: Databases, template: str) -> Iterator[str]:
    """A database that the tests of the journal share, one after another."""
    name = databases.create(template)
    yield databases.address(name)
    databases.drop(name)


@pytest.fixture
async def app(journal_url: str, tmp_path: Path) -> AsyncIterator[Horarium]:
    app = Horarium(Settings(database_url=journal_url, home=tmp_path, zone="Europe/London"))
    async with app.running():
        await app.settle()
        async with app.database.connection() as connection:
            await connection.execute(EMPTY)
        yield app


@pytest.fixture
def ended(app: Horarium) -> Ended:
    """Puts a job into history that has ended at an instant."""

    async def end(
        id: str,
        at: datetime | str,
        owner: str | None = "ada",
        *,
        task: str = "shop:send_receipt",
        state: str = "succeeded",
        payload: bytes | None = None,
        result: Any = None,
        error: Any = None,
    ) -> None:
        at = datetime.fromisoformat(at) if isinstance(at, str) else at
        arguments = None if payload else b'{"args": [42], "kwargs": {"to": "you"}}'
        kept = [None if each is None else msgspec.json.encode(each) for each in (result, error)]
        async with app.database.connection() as connection:
            await connection.execute(END, id, task, state, at, owner, arguments, payload, *kept)

    return end


@pytest.fixture
def folder(app: Horarium) -> Path:
    assert app.journal is not None
    return app.journal.folder
