"""The ledger's clock, moved: what is due later becomes due now."""

from datetime import UTC, datetime, timedelta

from horarium.application import Horarium
from horarium.clock import current_time, database_clock
from horarium.errors import InvalidInput


class MovedClock:
    """The database's clock and the distance that it was moved by."""

    def __init__(self, distance: timedelta) -> None:
        self.distance = distance

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.distance


async def move_clock(app: Horarium, by: timedelta) -> datetime:
    """Move the clock of the application's ledger and timetable forward, and let it run on.

    Delayed jobs, retries and due times that it passes are due then: `run_jobs` and `fire_schedules`
    find them. Schedules that the code declares are put into the book first, so that their due times
    on the way count. The test's own clock, such as `datetime.now()`, is not moved.

    Returns:
        The instant that it shows now.

    Raises:
        InvalidInput: it would go back, which no ledger's clock does.
    """
    if by < timedelta():
        raise InvalidInput("by", f"{by} would turn the clock back; it goes forward only")
    await app.scheduler.synchronise()
    clock = app.ledger.clock
    if not isinstance(clock, MovedClock):
        clock = MovedClock(await _ahead(app))
    app.ledger.clock = app.queues.clock = MovedClock(clock.distance + by)
    return app.ledger.clock()


async def _ahead(app: Horarium) -> timedelta:
    """How far the database's clock is ahead of this machine's."""
    async with app.database.connection() as connection:
        now = await current_time(database_clock, connection)
    return now - datetime.now(UTC)
