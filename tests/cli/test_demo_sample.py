"""The sample of `horarium demo`: each of its days is built once, by the backfill."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from rich.console import Console

from horarium.application import Horarium
from horarium.cli.sample import take_sample
from horarium.reports import periods
from horarium.reports.dirt import Look, look
from horarium.settings import Settings
from horarium.testing import run_jobs

DAYS = 23
"""From the first day of the sample to the last that has an order, Saturdays too."""


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[Horarium]:
    """An application whose sample is imported, and whose backfill waits for a worker."""
    app = Horarium(Settings(database_url=database_url, zone="Europe/London", currency="GBP"))
    async with app.running():
        await app.settle()
        await take_sample(app, Console(quiet=True))
        yield app


async def looked(app: Horarium, after: timedelta) -> Look:
    """A look, as if so much time had passed."""
    async with app.database.connection() as connection:
        now = await connection.fetchval("select clock_timestamp()")
    return await look(app.database, app.reports, 60.0, now=now + after)


async def test_a_scheduler_builds_nothing_beside_the_backfill(app: Horarium) -> None:
    assert await looked(app, timedelta(minutes=1)) == Look()
    ran = await run_jobs(app)
    assert [job.state.value for job in ran] == ["succeeded"] * DAYS
    assert await looked(app, timedelta(hours=1)) == Look()
    async with app.database.connection() as connection:
        built = (await periods(connection, count=50)).items
        jobs = await connection.fetchval("select count(*) from horarium.job_history")
    assert [(each.revision, each.reason) for each in built] == [(1, "backfill")] * DAYS
    assert jobs == DAYS


async def test_what_the_backfill_left_is_built_after_all(app: Horarium) -> None:
    assert (await looked(app, timedelta(minutes=11))).builds == DAYS
