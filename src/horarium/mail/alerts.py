"""Alerts on reports by mail: those that were raised and nobody has been mailed of, in one mail.

A scheduler mails them: a job would wait for a worker, whose absence may be what there is to tell.
Alerts are locked while their mail is sent, so that no two schedulers send it; one that dies between
the server's word and its own commit leaves them to the next, whose mail has the same Message-ID.
"""

import asyncio

import structlog

from horarium.database import Database, statement
from horarium.mail.failures import Readers
from horarium.mail.letter import Alert, alert_letter
from horarium.mail.post import MailNotSent, PartlyRefused, Post
from horarium.outage import TRANSIENT

EVERY = 5.0
"""Seconds between looks for alerts."""

AGAIN = 60.0
"""Seconds until a server that did not take a mail is tried again."""

MOST = 100
"""Alerts that one mail names."""

_log = structlog.get_logger()


class AlertMail:
    """Mails of alerts, for one scheduler."""

    def __init__(self, database: Database, post: Post, readers: Readers) -> None:
        self._database = database
        self._post = post
        self._readers = readers

    async def run(self) -> None:
        """Mail until cancelled."""
        while True:
            pause = EVERY
            try:
                await self.mail()
            except (*TRANSIENT, MailNotSent) as error:
                _log.warning("alerts could not be mailed; trying again", error=str(error))
                pause = AGAIN
            except Exception:  # noqa: BLE001 - the scheduler goes on, mailed or not
                _log.exception("alerts could not be mailed")
                pause = AGAIN
            await asyncio.sleep(pause)

    async def mail(self) -> int:
        """Mail what was not mailed; returns how many alerts that is.

        Raises:
            MailNotSent: the server did not take the mail; the alerts stay for the next time.
        """
        async with self._database.transaction() as connection:
            rows = await connection.fetch(statement(__package__, "unmailed_alerts"), MOST)
            if not rows:
                return 0
            alerts = [Alert(**row) for row in rows]
            message = alert_letter(alerts, sender=self._readers.sender, readers=self._readers.to)
            try:
                await asyncio.to_thread(self._post.send, message)
            except PartlyRefused as error:
                _log.error("alerts were mailed, but not to all", error=str(error))
            numbers = [each.number for each in alerts]
            await connection.execute(statement(__package__, "mailed_alerts"), numbers)
        _log.info("alerts were mailed", alerts=len(alerts))
        return len(alerts)
