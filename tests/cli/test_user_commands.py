"""`horarium user` and `horarium journal`."""

import asyncio
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.conftest import Horarium
from horarium.database import Database

ENDED = datetime(2026, 11, 10, 10, tzinfo=UTC)
JOB = """
insert into horarium.job_history (
    id, task, queue, priority, state, due_at, enqueued_at, attempt, worker, started_at, finished_at,
    owner, arguments
) values ($1, 't', 'default', 0, 'succeeded', $2, $2, 1, 1, $2, $2, $3, '{"args":[],"kwargs":{}}')
"""


async def end(url: str, *jobs: tuple[str, str | None]) -> None:
    database = Database(url)
    async with database.connection() as connection:
        for id, owner in jobs:
            await connection.execute(JOB, id, ENDED, owner)
    await database.close()


def test_an_account_its_tokens_and_their_end(horarium: Horarium) -> None:
    assert horarium("user", "add", "ada", "--role", "admin", "--zone", "Asia/Tokyo").status == 0
    again = horarium("user", "add", "ada")
    assert (again.status, "already" in again.error) == (1, True)
    made = horarium("user", "token", "ada", "--name", "laptop", "--expires", "90d")
    token = made.out.strip()
    assert token.startswith("hor_")
    assert "\n" not in token
    assert "not shown again" in made.error
    other = horarium("user", "token", "ada", "--json").json
    listed = horarium("user", "list")
    assert token.split("_")[1] in listed.out
    assert "laptop" in listed.out
    assert token not in listed.out
    assert other["token"] not in horarium("user", "list", "--json").out
    assert horarium("user", "revoke", "ada", "--token", token).status == 0
    states = {
        each["id"]: each["valid"] for each in horarium("user", "list", "--json").json["tokens"]
    }
    assert states == {token.split("_")[1]: False, other["id"]: True}
    assert horarium("user", "revoke", "ada").out == "1 token is valid no more.\n"
    assert horarium("user", "change", "ada", "--role", "reader").out.startswith("ada is reader")


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("user", "add", "eve", "--role", "king"), 2, "reader, operator, admin"),
        (("user", "add", "eve", "--zone", "Nowhere"), 2, "no time zone"),
        (("user", "add", ""), 2, "1 to 255"),
        (("user", "token", "eve"), 1, "no account"),
        (("user", "token", "eve", "--expires", "soon"), 2, "12h, 90d"),
        (("user", "revoke", "eve"), 1, "no account"),
        (("journal", "write", "--date", "soon"), 2, "date"),
        (("journal", "write", "--date", "2026-11-10", "--user", "eve"), 1, "no account"),
        (("journal", "write", "--date", "2026-11-10", "--user", "~nobody"), 1, "without an owner"),
        (("journal", "write"), 2, "date"),
        (("journal", "show", "--date", "1999-01-01"), 1, "has not been written"),
        (("journal", "show", "--date", "1999-01-01", "--user", "eve"), 1, "no file"),
        (("journal", "show", "--page", "0"), 2, "page"),
    ],
)
def test_what_cannot_be_done(
    horarium: Horarium, arguments: tuple[str, ...], status: int, says: str
) -> None:
    done = horarium(*arguments)
    assert (done.status, says in done.error) == (status, True), done.error


def test_the_journal_is_written_and_shown(
    url: str, horarium: Horarium, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HORARIUM_HOME", str(tmp_path))
    asyncio.run(end(url, ("1", "bob"), ("2", "bob"), ("3", None)))
    done = horarium("journal", "write", "--date", "2026-11-10")
    assert done.status == 0, done.error
    assert "bob" in done.out
    assert "1 job has no owner" in done.out
    written = horarium("journal", "write", "--date", "2026-11-10", "--user", "bob", "--json").json
    (day,) = written["days"]
    assert (day["owner"], day["jobs"], day["final"]) == ("bob", 2, True)
    assert len(list((tmp_path / "journal" / "2026-11-10" / "bob").iterdir())) == 3
    assert "2026-11-10" in horarium("journal", "show").out
    assert "bob" in horarium("journal", "show", "--date", "2026-11-10").out
    shown = horarium("journal", "show", "--date", "2026-11-10", "--user", "bob")
    assert "2 jobs were finished" in shown.out
    entries = horarium("journal", "show", "--date", "2026-11-10", "--user", "bob", "--json").json
    assert [each["id"] for each in entries["entries"]] == ["1", "2"]
    early = horarium("journal", "write", "--date", "2199-01-01")
    assert (early.status, "has not begun" in early.error) == (2, True), early


def test_check_says_where_the_journal_is(
    url: str, horarium: Horarium, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def settle(name: str, path: Path) -> None:
        monkeypatch.setenv(name, str(path))
        sys.modules.pop("horarium.app", None)  # it has read its settings

    here, other = tmp_path / "here", tmp_path / "other"
    settle("HORARIUM_HOME", here)
    asyncio.run(end(url, ("4", "eva")))
    assert horarium("journal", "write", "--date", "2026-11-10", "--user", "eva").status == 0
    assert "Journal:" not in horarium("check").out
    assert horarium("check", "--json").json["journal"] is None
    settle("HORARIUM_HOME", other)
    said = (
        f"the journal was written on {socket.gethostname()}, into another folder than"
        f" {other / 'journal'} here"
    )
    lines = [line for line in horarium("check").out.splitlines() if line.startswith("Journal:")]
    assert [said in line for line in lines] == [True], lines
    assert said in horarium("check", "--json").json["journal"]
    settle("HORARIUM_JOURNAL_FOLDER", here / "journal")
    assert horarium("check", "--json").json["journal"] is None
