"""Sending one delivery: by mail, with its file or a link, or to a webhook."""

import asyncio
import socket
import time
from collections.abc import Mapping
from tempfile import TemporaryFile
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from horarium.database import Database, statement
from horarium.deliveries.letter import Attached, Finality, letter
from horarium.deliveries.route import Route
from horarium.deliveries.webhook import NotDelivered, Webhook, send
from horarium.exports import MEDIA_TYPES, SESSION, ExportTasks, check, download_name, fill
from horarium.mail.post import Post
from horarium.settings import Settings


class Taken(NamedTuple):
    """A delivery that a job has in hand."""

    id: str
    route: Route
    recipient: str
    final: Finality
    figures: Mapping[str, Any]


class Sender:
    """Sends deliveries as their routes say."""

    def __init__(self, database: Database, settings: Settings, exports: ExportTasks) -> None:
        self._database = database
        self._settings = settings
        self._exports = exports

    async def send(self, taken: Taken) -> int | None:
        """Send a delivery; returns its bytes, none where a newer revision came in between.

        Raises:
            NotDelivered, MailNotSent: it did not arrive, as far as is known.
            Undeliverable: it never will.
        """
        if taken.route.channel == "webhook":
            return await self._call(taken)
        return await self._mail(taken)

    # By webhook

    async def _call(self, taken: Taken) -> int:
        route = taken.route
        secret = self._settings.secrets[(route.secret or "").lower()]
        webhook = Webhook(route.webhook or "", secret, route.private)
        body = msgspec.json.encode(
            {
                "event": "report.final",
                "delivery": taken.id,
                **msgspec.to_builtins(taken.final),
                "summary": taken.figures,
                "href": self._link(taken),
            }
        )
        await asyncio.to_thread(send, webhook, taken.id, body, int(time.time()))
        return len(body)

    # By mail

    async def _mail(self, taken: Taken) -> int | None:
        if self._settings.smtp_url is None:
            raise NotDelivered("there is no mail server: set SMTP_URL")
        file = await self._attachment(taken)
        if await self._is_replaced(taken):
            return None
        message = letter(
            taken.id,
            taken.final,
            taken.figures,
            sender=self._settings.mail_from or f"horarium@{socket.getfqdn()}",
            reader=taken.recipient,
            file=file,
            link=None if file is not None else self._link(taken),
        )
        await asyncio.to_thread(Post(self._settings.smtp_url).send, message)
        return len(message.as_bytes())

    async def _attachment(self, taken: Taken) -> Attached | None:
        """The file, if it is small enough; it is written to the disk first, however large."""
        route, final = taken.route, taken.final
        connection = await self._database.connect("horarium delivery", SESSION)
        try:
            selection = await self._exports.select(connection, final.report, final.day, final.day)
            check(route.format, route.style)
            if route.attach_up_to == 0:
                return None
            with TemporaryFile() as file:
                await fill(connection, selection, route.format, route.style, file)
                if file.tell() > route.attach_up_to:
                    return None
                file.seek(0)
                name = download_name(selection, route.format)
                return Attached(name, MEDIA_TYPES[route.format], file.read())
        finally:
            connection.terminate()

    async def _is_replaced(self, taken: Taken) -> bool:
        """Whether the rows that were read may be those of a newer revision."""
        connection = await self._database.connect("horarium delivery")
        try:
            current = await connection.fetchval(
                statement(__package__, "current_revision"),
                taken.final.report,
                taken.final.starts_at,
            )
        finally:
            await connection.close()
        return bool(current != taken.final.revision)

    def _link(self, taken: Taken) -> str | None:
        """Where a reader gets the rows, if the settings say where the API is reached."""
        if self._settings.public_url is None:
            return None
        root, final = self._settings.public_url.rstrip("/"), taken.final
        return (
            f"{root}/reports/{quote(final.report, safe='')}/export"
            f"?from={final.day}&to={final.day}&format={taken.route.format}"
        )
