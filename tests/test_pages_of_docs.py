"""The pages: their links lead somewhere, their commands are understood, their addresses exist."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cyclopts import MissingArgumentError
from litestar import Litestar

from horarium.application import Horarium
from horarium.cli.opening import find_application
from horarium.cli.run import command_line
from horarium.settings import Settings
from horarium.testing import inline
from horarium.web import asgi

ROOT = Path(__file__).parent.parent
PAGES = [
    *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]

BLOCK = re.compile(r"^```(?:sh|bash|console)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
IN_BLOCK = re.compile(r"^(?:\$ )?(?:\.venv/bin/)?horarium ([^#\n]+)", re.MULTILINE)
IN_LINE = re.compile(r"`horarium ([a-z][^`…]*)`")
PLACEHOLDERS = {"N": "2", "D": "2010-12-01", "F": "csv", "[NAME]": "orders"}
CURL = re.compile(r"^curl (?:-X (\w+) )?'?127\.0\.0\.1:8000(/[\w/.-]*)", re.MULTILINE)
OTHERS = {"/hooks/orders"}
"""Paths of servers that are not ours."""
CALL = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE) (/[\w/{}%.-]*)")


def commands(text: str) -> Iterator[list[str]]:
    """What stands behind `horarium` in blocks of commands and between backquotes."""
    listed = [found for block in BLOCK.findall(text) for found in IN_BLOCK.findall(block)]
    for words in (*listed, *IN_LINE.findall(text)):
        if " | " in words:
            continue  # a choice of commands, not one of them
        yield [PLACEHOLDERS.get(word, word) for word in shlex.split(words)]


def paths(site: Litestar) -> dict[str, set[str]]:
    """The methods of each path, with what is not the same for all written as `{}`."""
    found: dict[str, set[str]] = {}
    for path, item in site.openapi_schema.to_schema()["paths"].items():
        found.setdefault(re.sub(r"\{[^}]*\}", "{}", path), set()).update(map(str.upper, item))
    return found


def is_there(path: str, known: str) -> bool:
    pattern = "/".join("[^/]+" if part == "{}" else re.escape(part) for part in known.split("/"))
    return re.fullmatch(pattern, path) is not None


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    assert [each for each in links if "://" not in each and not (page.parent / each).exists()] == []


def test_commands_are_understood() -> None:
    line, count = command_line(), 0
    for name, page in zip(NAMES, PAGES, strict=True):
        for words in commands(page.read_text("utf-8")):
            count += 1
            try:
                line.parse_args(words, exit_on_error=False, print_error=False)
            except MissingArgumentError:
                continue  # where a command is spoken of, it needs no arguments
            except Exception as error:
                raise AssertionError(f"{name}: horarium {shlex.join(words)}: {error}") from error
    assert count > 30


def test_calls_are_routes() -> None:
    known = paths(asgi(Horarium(Settings(database_url="postgresql:///none"))))
    calls = [
        (name, method or "GET", path)
        for name, page in zip(NAMES, PAGES, strict=True)
        for kind in (CALL, CURL)
        for method, path in kind.findall(page.read_text("utf-8"))
        if path not in OTHERS
    ]
    assert len(calls) > 20
    assert [
        (name, method, path)
        for name, method, path in calls
        if not any(method in methods and is_there(path, each) for each, methods in known.items())
    ] == []


async def test_the_ten_lines_of_the_readme(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    (tmp_path / "readme_shop.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("DATABASE_URL", database_url)
    app = find_application("readme_shop:app")
    greeting = next(each for each in await app.scheduler.declared() if each.task.endswith("office"))
    await app.close()
    assert greeting.timetable.zone == "Europe/Moscow"
    send_receipt: Any = app.broker.find_task("readme_shop:send_receipt")
    with inline(app):
        sent = await send_receipt.kiq("42")
        assert (await sent.wait_result()).return_value == "receipt of 42"
