"""Promises on a database: judged from the ledger, alerts raised once and told."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from horarium.application import Horarium
from horarium.clock import SetClock
from horarium.database import Connection
from horarium.events import ReportAlert
from horarium.reports import Promise, Promised, build, period_at
from horarium.reports.upkeep import Upkeep
from horarium.settings import Settings

DAY = timedelta(days=1)
# The schedule is made now, and promises hold from then on: the tests live in the days that follow.
PERIOD = period_at(datetime.now(UTC) + DAY)
MIDNIGHT = PERIOD.ends_at


class Night:
    """An application whose time the test sets, and what it told."""

    def __init__(self, url: str, clock: SetClock) -> None:
        self.app = Horarium(Settings(database_url=url, ready_by="06:00", sources={}))
        self.app.ledger.clock = clock
        self.clock = clock
        self.told: list[ReportAlert] = []
        self.hooked: list[ReportAlert] = []
        self.app.events.subscribe(self.told.append, ReportAlert)
        self.app.on_alert(self._hook)
        assert self.app.reports is not None
        self.upkeep: Upkeep = self.app._upkeep()

    async def _hook(self, alert: ReportAlert) -> None:
        self.hooked.append(alert)
        raise OSError("the pager is away")

    async def at(self, hours: int, minutes: int = 0, *, days: int = 0) -> list[str]:
        """Judge at a time of the night; returns the states that were told."""
        self.clock.set(MIDNIGHT + timedelta(days=days, hours=hours, minutes=minutes))
        before = len(self.told)
        for _ in range(3):
            await self.upkeep.judge()
        return [alert.state for alert in self.told[before:]]

    async def promise(self) -> Promise:
        (found,) = await self.app.promises()
        return found


@pytest.fixture
async def night(database_url: str) -> AsyncIterator[Night]:
    night = Night(database_url, SetClock(MIDNIGHT))
    async with night.app.running():
        await night.app.settle()
        await night.app.scheduler.synchronise()
        yield night


async def made(connection: Connection, state: str, **values: Any) -> None:
    """The job that the period's due time has made."""
    await connection.execute(
        "insert into horarium.jobs (id, task, queue, state, due_at, schedule, fired_for, arguments,"
        " attempt, worker, started_at) values ('j1', 'horarium.reports:build', 'reports', $1, $2,"
        " 'orders', $2, '{}', $3, $4, $5)",
        *(state, MIDNIGHT, values.get("attempt", 0)),
        *(values.get("worker"), values.get("started_at")),
    )


async def seconds_of_former_builds(connection: Connection, *seconds: int) -> None:
    for number, each in enumerate(seconds, 1):
        fired = PERIOD.starts_at - number * DAY
        await connection.execute(
            "insert into horarium.job_history (id, task, queue, priority, state, due_at,"
            " enqueued_at, attempt, started_at, finished_at, schedule, fired_for, arguments)"
            " values ($1, 't', 'q', 0, 'succeeded', $2, $2, 1, $2, $3, 'orders', $2, '{}')",
            *(f"h{number}", fired, fired + timedelta(seconds=each)),
        )


async def finished(night: Night, at: datetime) -> None:
    async with night.app.transaction() as connection:
        await build(connection, "orders", PERIOD, reason="schedule", now=at)


async def test_a_build_that_never_starts(night: Night, connection: Connection) -> None:
    assert await night.at(0, 10) == []
    assert (await night.promise()).state is Promised.ON_TIME
    assert await night.at(0, 40) == ["at risk"]
    assert await night.at(3) == []
    assert await night.at(6) == ["late"]
    assert await night.at(6, 30) == []
    health = await night.app.health()
    assert (health.ready, health.reports_late, health.reports_at_risk) == (True, 1, 0)

    await finished(night, MIDNIGHT + timedelta(hours=7))
    assert await night.at(7, 5) == ["ready"]
    assert await night.at(8) == []
    promise = await night.promise()
    assert (promise.state, promise.late) == (Promised.READY, True)
    assert promise.ready_at == MIDNIGHT + timedelta(hours=7)
    assert "60 min late" in promise.reason
    assert (await night.app.health()).reports_late == 0

    # A hook that fails harms nothing; each alert went to all.
    assert night.hooked == night.told
    assert [alert.number for alert in night.told] == [1, 2, 3]
    assert {alert.day for alert in night.told} == {str(PERIOD.day)}
    untold = "select count(*) from horarium.report_alerts where told_at is null"
    assert await connection.fetchval(untold) == 0


async def test_a_build_in_time_is_no_news(night: Night) -> None:
    assert await night.at(0, 1) == []
    await finished(night, MIDNIGHT + timedelta(minutes=2))
    assert await night.at(0, 3) == []
    assert (await night.promise()).state is Promised.READY
    # Late orders are built again long after the deadline: it was ready all the same.
    async with night.app.transaction() as connection:
        await connection.execute(
            "insert into shop.orders (id, currency, placed_at) values ('1', 'EUR', $1)",
            PERIOD.starts_at,
        )
    await finished(night, MIDNIGHT + timedelta(hours=9))
    assert await night.at(9, 1) == []
    assert not (await night.promise()).late


async def test_late_is_known_before_it_is_late(night: Night, connection: Connection) -> None:
    await seconds_of_former_builds(connection, 600, 1200, 900)
    await made(
        connection, "running", attempt=1, worker=1, started_at=MIDNIGHT + timedelta(minutes=1)
    )
    assert await night.at(0, 20) == []
    promise = await night.promise()
    assert promise.expected_at == MIDNIGHT + timedelta(minutes=21)
    assert await night.at(0, 45) == ["at risk"]
    assert "longer than the 20 min" in night.told[0].reason
    await connection.execute("delete from horarium.jobs")
    await made(connection, "retrying", attempt=3)
    assert await night.at(0, 50) == []  # at risk still: told once
    assert await night.at(6) == ["late"]
    assert "3 attempts failed" in night.told[1].reason


async def test_provisional_is_not_ready(night: Night) -> None:
    await finished(night, PERIOD.ends_at - timedelta(hours=1))
    assert await night.at(0, 40) == ["at risk"]
    await finished(night, MIDNIGHT + timedelta(hours=1))  # nothing has changed, and now it is final
    assert await night.at(1, 1) == ["ready"]
    assert (await night.promise()).ready_at == MIDNIGHT + timedelta(hours=1)


async def test_nights_that_nobody_saw_are_told_afterwards(night: Night) -> None:
    assert await night.at(0, 5) == []
    await finished(night, MIDNIGHT + timedelta(hours=8))
    # The schedulers were down for two days; the first night's report came by hand, too late.
    assert await night.at(7, days=2) == ["late", "late", "late"]
    assert [alert.day for alert in night.told] == [str(PERIOD.day + n * DAY) for n in range(3)]
    assert "2 h late" in night.told[0].reason
    assert len(await night.app.promises()) == 2


async def test_before_there_was_a_schedule_nothing_was_promised(night: Night) -> None:
    night.clock.set(datetime.now(UTC))
    await night.upkeep.judge()
    assert await night.app.promises() == []
    assert night.told == []


async def test_what_a_process_left_untold_is_told_by_the_next(
    night: Night, database_url: str, connection: Connection
) -> None:
    await night.at(0, 5)
    night.app.events.unsubscribe(night.told.append)
    await night.at(1)
    # The process died after the commit of its alert, before it told anybody.
    await connection.execute("update horarium.report_alerts set told_at = null")
    next_one = Night(database_url, night.clock)
    async with next_one.app.running():
        assert await next_one.at(1, 1) == ["at risk"]
        assert await next_one.at(1, 2) == []


async def test_many_schedulers_alert_once(
    night: Night, database_url: str, connection: Connection
) -> None:
    nights = [night, *(Night(database_url, night.clock) for _ in range(3))]
    await asyncio.gather(*(each.at(0, 5) for each in nights))
    for hour in (1, 6):
        await asyncio.gather(*(each.at(hour) for each in nights))
    told = sorted(alert.number for each in nights for alert in each.told)
    assert len(told) == 2
    assert await connection.fetchval("select count(*) from horarium.report_alerts") == 2
    await asyncio.gather(*(each.app.close() for each in nights[1:]))
