"""Days of the past, built by a backfill of the report's schedule and a worker."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from shop_orders import place, reported

from horarium.application import Horarium
from horarium.database import Connection
from horarium.engine import backfill
from horarium.reports import periods, revisions
from horarium.settings import Settings
from horarium.testing import run_jobs


async def test_days_of_the_past_say_that_they_were_backfilled(
    database_url: str, connection: Connection
) -> None:
    app = Horarium(Settings(database_url=database_url, zone="Europe/London"))
    async with app.running():
        await app.settle()
        await app.scheduler.synchronise()
        first = datetime(2026, 3, 27, tzinfo=UTC)
        for number in range(5):
            at = first + timedelta(days=number, hours=12)
            await place(connection, str(number), ("cup", 1, "1"), at=at)
        # The clocks were set forward on the 29th: days end at 00:00 and at 23:00 UTC.
        done: Any = await backfill(app.book, "orders", first, first + timedelta(days=5))
        assert done.enqueued == 5
        ran = await run_jobs(app)
        assert [job.state.value for job in ran] == ["succeeded"] * 5
        built = {each.day: each.reason for each in (await periods(connection)).items}
        assert built == {date(2026, 3, 27 + n): "backfill" for n in range(5)}
        assert await reported(connection, date(2026, 3, 29)) == {"2": (1, 1)}
        (revision,) = await revisions(connection, date(2026, 3, 31))
        assert (revision.reason, revision.row_count) == ("backfill", 1)
