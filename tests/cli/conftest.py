"""The command line, run in this process: what a process adds is in test_command_line."""

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from databases import Databases
from horarium.cli.run import run


class Done(NamedTuple):
    status: int
    out: str
    error: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Horarium = Callable[..., Done]


@pytest.fixture(scope="module")
def url(databases: Databases, template: str) -> Iterator[str]:
    """A database for the tests of one module, which name what is theirs apart."""
    name = databases.create(template)
    yield databases.address(name)
    databases.drop(name)


@pytest.fixture
def horarium(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Horarium]:
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.delitem(sys.modules, "horarium.app", raising=False)  # it has read its settings

    def call(*arguments: str) -> Done:
        status = run(arguments)
        return Done(status, *capsys.readouterr())

    yield call
    sys.modules.pop("horarium.app", None)  # nor may the next test find this one's settings
