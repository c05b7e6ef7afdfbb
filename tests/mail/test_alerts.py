"""Alerts on reports, from the judgement to the mail server."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from horarium.application import Horarium
from horarium.clock import SetClock
from horarium.mail import AlertMail, MailNotSent, Post, alerts, readers
from horarium.reports import build, period_at
from horarium.settings import Settings

PERIOD = period_at(datetime.now(UTC) + timedelta(days=1))
PATIENCE = 20.0


def application(url: str, mail: str) -> Horarium:
    return Horarium(
        Settings(
            database_url=url,
            smtp_url=f"smtp://{mail}",
            mail_to="ops@example.org, boss@example.org",
            mail_from="horarium@example.org",
            ready_by="06:00",
        )
    )


def postman(app: Horarium) -> AlertMail:
    return AlertMail(app.database, Post(app.settings.smtp_url or ""), readers(app.settings))


@pytest.fixture
async def late(database_url: str, mail_server: Any) -> AsyncIterator[Horarium]:
    """An application with a report that is late at its clock."""
    app = application(database_url, mail_server())
    async with app.running():
        await app.settle()
        await app.scheduler.synchronise()
        await judged(app, hours=3)
        await judged(app, hours=6, minutes=1)
        yield app


async def judged(app: Horarium, **after: int) -> None:
    """Judge as if it were so long after the period's end."""
    app.ledger.clock = SetClock(PERIOD.ends_at + timedelta(**after))
    assert app.reports is not None
    await app._upkeep().judge()
    # Mails go by the database's own clock: what was raised just now is news.
    async with app.database.connection() as connection:
        await connection.execute("update horarium.report_alerts set raised_at = now()")


async def test_alerts_are_mailed_once(late: Horarium, letters: Any) -> None:
    mails = [postman(late) for _ in range(3)]
    sent = await asyncio.gather(*(each.mail() for each in mails))
    assert sorted(sent) == [0, 0, 2]
    (letter,) = letters.taken
    day = PERIOD.day
    assert letter["Subject"] == f"[horarium] the report orders of {day} is late and 1 more"
    assert letter["To"] == "ops@example.org, boss@example.org"
    body = letter.get_content()
    assert f"orders of {day} is at risk: not started: no scheduler has made its job" in body
    assert f"promised by {PERIOD.ends_at:%Y-%m-%d} 06:00 UTC" in body

    async with late.transaction() as connection:
        at = PERIOD.ends_at + timedelta(hours=7)
        await build(connection, "orders", PERIOD, reason="by hand", now=at)
    await judged(late, hours=7)
    assert await postman(late).mail() == 1
    assert letters.taken[1]["Subject"] == f"[horarium] the report orders of {day} is ready"
    assert "60 min late" in letters.taken[1].get_content()
    assert await postman(late).mail() == 0


async def test_a_server_that_refuses_is_tried_again_with_the_same_mail(
    late: Horarium, letters: Any
) -> None:
    letters.refuses = True
    with pytest.raises(MailNotSent, match="come back later"):
        await postman(late).mail()
    letters.refuses = False
    assert await postman(late).mail() == 2
    # As a process that died after the server's word: the next mail can be known for the same.
    async with late.transaction() as connection:
        await connection.execute("update horarium.report_alerts set mailed_at = null")
    assert await postman(late).mail() == 2
    first, second = (letter["Message-ID"] for letter in letters.taken)
    assert first == second


async def test_what_is_old_is_no_news(late: Horarium, letters: Any) -> None:
    async with late.transaction() as connection:
        await connection.execute(
            "update horarium.report_alerts set raised_at = now() - interval '25 hours'"
        )
    assert await postman(late).mail() == 0
    assert letters.taken == []


async def test_a_scheduler_mails(
    late: Horarium, letters: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alerts, "EVERY", 0.05)
    running = asyncio.create_task(late.scheduler.engine().run())
    try:
        async with asyncio.timeout(PATIENCE):
            while not letters.taken:
                await asyncio.sleep(0.01)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert "is late" in letters.taken[0]["Subject"]
