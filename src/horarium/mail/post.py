"""The way to the mail server: SMTP, by the standard library, in a thread.

    smtp://user:password@mail.example.org:587    STARTTLS where the server offers it
    smtps://user:password@mail.example.org       TLS from the first byte, port 465

A password is never sent in the clear, but to this machine itself. It is never logged either.
"""

import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import msgspec

from horarium.addresses import mask
from horarium.errors import HorariumError

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PATIENCE = 20.0


class MailNotSent(HorariumError):
    """The mail server did not take a mail."""


class PartlyRefused(MailNotSent):
    """The mail server took a mail for some of its readers, and refused others."""


class Post(msgspec.Struct, frozen=True):
    """A mail server, by its address."""

    url: str

    def send(self, letter: EmailMessage) -> None:
        """Hand a letter to the server; blocks.

        Raises:
            MailNotSent: it did not take the letter.
            PartlyRefused: it took it, but not for all of its readers; sent again, the others would
                have it twice.
        """
        try:
            with self._connect() as server:
                self._introduce(server)
                refused = server.send_message(letter)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise MailNotSent(
                f"{mask(self.url)} did not take a mail: {self._words(error)}. Is SMTP_URL right?"
            ) from None
        if refused:
            raise PartlyRefused(f"{mask(self.url)} refused these readers: {', '.join(refused)}")

    def _connect(self) -> smtplib.SMTP:
        place = urlsplit(self.url)
        host = place.hostname or "localhost"
        if place.scheme == "smtps":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(host, place.port or 465, timeout=_PATIENCE, context=context)
        return smtplib.SMTP(host, place.port or (587 if place.username else 25), timeout=_PATIENCE)

    def _introduce(self, server: smtplib.SMTP) -> None:
        place = urlsplit(self.url)
        server.ehlo()
        is_secret = place.scheme == "smtps"
        if not is_secret and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
            is_secret = True
        if place.username is None:
            return
        if not is_secret and place.hostname not in _LOOPBACK:
            raise smtplib.SMTPException("it offers no TLS, and a password is not sent in the clear")
        server.login(unquote(place.username), unquote(place.password or ""))

    def _words(self, error: Exception) -> str:
        """What went wrong; a server may repeat what it was sent."""
        words = " ".join(str(error).split())[:300] or type(error).__name__
        with suppress(ValueError):
            password = urlsplit(self.url).password
            if password:
                words = words.replace(password, "***").replace(unquote(password), "***")
        return words
