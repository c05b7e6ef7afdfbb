"""Who is mailed when: one mail for all failures of a task within a period, across all workers."""

import asyncio
import socket
import time
from collections.abc import Sequence
from typing import NamedTuple

import structlog

from horarium.database import Connection, Database, statement
from horarium.engine import Companion
from horarium.errors import InvalidSetting
from horarium.events import Events, JobFailed
from horarium.mail.letter import MOST_SHOWN, FailedJob, letter
from horarium.mail.post import MailNotSent, PartlyRefused, Post
from horarium.outage import TRANSIENT
from horarium.settings import Settings
from horarium.waiting import set_within

GATHER = 3.0
"""Seconds that a first failure waits for others."""

_SETTLING = 1.0
_AGAIN = 60.0
_PATIENCE = 10.0
MOST_TASKS = 1000
"""Tasks whose failures wait to be mailed; of others nothing is mailed until there is room."""

_log = structlog.get_logger()


class Readers(NamedTuple):
    """Who is mailed, by whom, and for how many seconds at most once about the same task."""

    to: Sequence[str]
    sender: str
    every: float


def readers(settings: Settings) -> Readers:
    """Who is to be mailed by these settings.

    Raises:
        InvalidSetting: nobody, or by no server.
    """
    if settings.mail_to is None:
        raise InvalidSetting("HORARIUM_MAIL_TO", "it is not set, so that nobody can be mailed")
    if settings.smtp_url is None:
        reason = "it needs a mail server: set SMTP_URL, such as smtp://mail.example.org"
        raise InvalidSetting("HORARIUM_MAIL_TO", reason)
    sender = settings.mail_from or f"horarium@{socket.getfqdn()}"
    return Readers(settings.mail_to.split(", "), sender, settings.mail_every)


class FailureMail(Companion):
    """Mails of failures that its worker sees."""

    def __init__(
        self,
        database: Database,
        events: Events,
        post: Post,
        readers: Readers,
    ) -> None:
        self._database = database
        self._events = events
        self._post = post
        self._readers = readers
        self._due: dict[str, float] = {}
        self._came = asyncio.Event()
        self._mailing = asyncio.Lock()

    async def run(self) -> None:
        """Mail until cancelled."""
        with self._events.subscribed(self._hear, JobFailed):
            while True:
                await self._wait()
                now = time.monotonic()
                for task in [task for task, due in self._due.items() if due <= now]:
                    await self._mail(task, _SETTLING)

    async def drain(self) -> None:
        """Mail of what the worker saw last, if its task's period allows it."""
        try:
            async with asyncio.timeout(_PATIENCE):
                # One that is on its way: cut off between the server's word and the note of it, it
                # would be sent again by the next.
                async with self._mailing:
                    pass
                for task in list(self._due):
                    await self._mail(task, 0.0)
        except TimeoutError:
            _log.warning("failures were not mailed in time", tasks=list(self._due))

    def _hear(self, failed: JobFailed) -> None:
        if failed.task in self._due or len(self._due) >= MOST_TASKS:
            return
        self._due[failed.task] = time.monotonic() + GATHER
        self._came.set()

    async def _wait(self) -> None:
        """Wait until something is due."""
        seconds = None
        if self._due:
            seconds = max(0.0, min(self._due.values()) - time.monotonic())
        await set_within(self._came, seconds)
        self._came.clear()

    async def _mail(self, task: str, settling: float) -> None:
        """Mail of a task's failures, or find out when that may be done."""
        again: float | None = None
        del self._due[task]  # what fails from here on is due anew
        try:
            async with self._mailing:
                again = await self._turn(task, settling)
        except (*TRANSIENT, MailNotSent) as error:
            _log.warning("failures could not be mailed; trying again", task=task, error=str(error))
            again = _AGAIN
        except Exception:  # noqa: BLE001 - the worker goes on, mailed or not
            _log.exception("failures could not be mailed", task=task)
        if again is not None:
            self._due[task] = time.monotonic() + again

    async def _turn(self, task: str, settling: float) -> float | None:
        """Take the task's turn; returns in how many seconds to try again, if that is needed."""
        async with self._database.transaction() as connection:
            turn = await connection.fetchrow(_sql("turn"), task, self._readers.every, settling)
            if turn["seconds_left"] > 0:
                return float(turn["seconds_left"])
            await self._send(connection, task, turn["since"], turn["until"])
        return None

    async def _send(self, connection: Connection, task: str, since: object, until: object) -> None:
        rows = await connection.fetch(_sql("failures"), task, since, until, MOST_SHOWN)
        if not rows:
            return  # another worker has told of them
        newest = [FailedJob(*tuple(row)[:4]) for row in rows]
        sender, readers = self._readers.sender, self._readers.to
        message = letter(task, rows[0]["count"], newest, sender=sender, readers=readers)
        try:
            await asyncio.to_thread(self._post.send, message)
        except PartlyRefused as error:
            _log.error("failures were mailed, but not to all", error=str(error))
        await connection.execute(_sql("told"), task, until)
        _log.info("failures were mailed", task=task, jobs=rows[0]["count"])


def _sql(name: str) -> str:
    return statement(__package__, name)
