"""`horarium messages`, and that `horarium up` runs it where RabbitMQ is named."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from horarium.application import Horarium
from horarium.cli.supervisor import PARTS, _parts
from horarium.settings import Settings


def test_up_consumes_where_rabbitmq_is_named() -> None:
    assert _parts(Horarium(Settings())) == PARTS
    named = Horarium(Settings(rabbitmq_url="amqp://localhost/"))
    assert _parts(named) == (*PARTS, "messages")


def test_without_an_address_it_says_so(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "RABBITMQ_URL"}
    done = subprocess.run(
        [sys.executable, "-m", "horarium", "messages"],
        env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "RABBITMQ_URL: it is not set" in done.stderr


def test_only_messages_need_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line and the API work without FastStream."""
    code = (
        "import sys; sys.modules['faststream'] = None; import horarium.web, horarium.cli.run;"
        "horarium.cli.run.command_line()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
