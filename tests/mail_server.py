"""A mail server that keeps what it takes."""

import asyncio
import logging
import socket
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

# It logs from a thread of its own, also when pytest has closed what it would write to.
logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)


class Letters:
    """What a server took; while it refuses, it takes nothing.

    Attributes:
        pause: seconds from taking a letter to saying so.
    """

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.envelopes: list[Any] = []
        self.logins: list[LoginPassword] = []
        self.refuses = False
        self.pause = 0.0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.refuses:
            return "451 come back later"
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.taken.append(letter)
        self.envelopes.append(envelope)
        await asyncio.sleep(self.pause)
        return "250 taken"

    def login(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:
        self.logins.append(data)
        return AuthResult(success=data.password == b"s3cret/word", handled=False)


NewServer = Callable[..., str]


@pytest.fixture
def letters() -> Letters:
    return Letters()


@pytest.fixture
def mail_server(letters: Letters) -> Iterator[NewServer]:
    """Starts a server; returns host and port."""
    running: list[Controller] = []

    def start(**options: Any) -> str:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        controller = Controller(letters, hostname="127.0.0.1", port=port, **options)
        controller.start()
        running.append(controller)
        return f"127.0.0.1:{port}"

    yield start
    for controller in running:
        controller.stop()
