"""The journal over HTTP: one's own, everybody's for an admin, and nothing besides it."""

import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import httpx
import msgspec
import pytest
from problem_documents import refused
from structlog.testing import capture_logs

from horarium.accounts import Role, add_account, issue_token
from horarium.application import Horarium
from horarium.settings import Settings
from horarium.web import asgi
from web.conftest import visiting

DAY = "2026-11-10"
ODD = "../имя/b:c"
JOB = """
insert into horarium.job_history (
    id, task, queue, priority, state, due_at, enqueued_at, attempt, worker, started_at, finished_at,
    owner, arguments
) values ($1, $2, 'default', 0, 'succeeded', $3, $3, 1, 1, $3, $3, $4, '{"args":[],"kwargs":{}}')
"""
ENDED = datetime(2026, 11, 10, 10, tzinfo=UTC)


@pytest.fixture
async def app(database_url: str, tmp_path: Path) -> AsyncIterator[Horarium]:
    app = Horarium(Settings(database_url=database_url, home=tmp_path / "home", journal="all"))
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "secret.jsonl").write_text("secret")
    async with app.running():
        await app.settle()
        async with app.transaction() as connection:
            for number, owner in enumerate(("ada", "ada", "ada", ODD, None)):
                await connection.execute(JOB, f"{number}/id", "a/b:c", ENDED, owner)
        assert app.journal is not None
        await app.journal.turn(datetime(2026, 11, 11, 1, tzinfo=UTC))
        yield app


async def test_what_was_finished_of_whom(app: Horarium) -> None:
    async with visiting(asgi(app)) as client:
        answer = await client.get(f"/journal/{DAY}")
        assert answer.status_code == 200
        day = answer.json()
        assert [(each["owner"], each["jobs"], each["final"]) for each in day["items"]] == [
            (None, 1, True), (ODD, 1, True), ("ada", 3, True),
        ]  # fmt: skip
        assert day["total"] == 3
        for each in day["items"]:
            index = (await client.get(each["href"])).json()
            assert (index["owner"], index["total"]) == (each["owner"], each["jobs"])
            assert index["note"].endswith("finished")
            for entry in index["items"]:
                file = await client.get(entry["href"])
                assert file.status_code == 200
                assert file.headers["content-type"] == "application/jsonl"
                assert entry["file"] in file.headers["content-disposition"]
                assert file.text.count("\n") == 2
                assert f'"id":"{entry["id"]}"' in file.text
            whole = await client.get(f"{each['href']}/index.jsonl")
            assert whole.text.count("\n") == each["jobs"] + 1
        second = (await client.get(f"/journal/{DAY}/ada?page=2&count=2")).json()
        assert ([each["id"] for each in second["items"]], second["total"]) == (["2/id"], 3)
        owners = (await client.get(f"/journal/{DAY}?page=2&count=2")).json()
        assert ([each["owner"] for each in owners["items"]], owners["total"]) == (["ada"], 3)
        # Past the end there are no fewer.
        beyond = (await client.get(f"/journal/{DAY}?page=9&count=2")).json()
        assert (beyond["items"], beyond["total"]) == ([], 3)
        refused(await client.get("/journal/2026-11-09?page=9"), 404, says="has not been written")


async def test_each_reads_their_own_and_an_admin_all(app: Horarium) -> None:
    headers = {}
    async with app.transaction() as connection:
        for name, role in (("ada", Role.OPERATOR), ("bob", Role.READER), ("root", Role.ADMIN)):
            await add_account(connection, name, role)
            issued = await issue_token(connection, name)
            headers[name] = {"Authorization": f"Bearer {issued.token}"}
    async with visiting(asgi(app, auth="required")) as client:
        own = (await client.get(f"/journal/{DAY}", headers=headers["ada"])).json()
        assert [each["owner"] for each in own["items"]] == ["ada"]
        everybody = (await client.get(f"/journal/{DAY}", headers=headers["root"])).json()
        assert everybody["total"] == 3
        href = own["items"][0]["href"]
        file = (await client.get(href, headers=headers["ada"])).json()["items"][0]["href"]
        for path in (href, file, f"{href}/index.jsonl"):
            assert (await client.get(path, headers=headers["root"])).status_code == 200
            refused(await client.get(path, headers=headers["bob"]), 403, says="is not yours, bob")
        refused(await client.get(f"/journal/{DAY}", headers=headers["bob"]), 404, says="of bob")
        refused(await client.get(f"/journal/{DAY}/~nobody", headers=headers["ada"]), 403)


@pytest.mark.parametrize(
    "path",
    [
        *(f"/journal/{DAY}/{part}" for part in (
            "..", "%2e%2e", "..%2f..", "%2e%2e%2f%2e%2e", "ada/..%2f..%2f..%2fsecret.jsonl",
            "ada/%2e%2e/secret.jsonl", "..%2f/secret.jsonl", "ada/.tmp-0123456789abcdef",
            "ada/%2fetc%2fpasswd", "..%5c..%5csecret.jsonl", "ada/secret.jsonl",
            "ada/index.jsonl%00", "ada/none_x_20261110T100000.000000Z.jsonl", "eve", "%00",
            "ada/" + "a" * 5000,
        )),
        "/journal/2026-11-09/ada", "/journal/2026-11-09",
    ],
)  # fmt: skip
async def test_nothing_else_is_reached(app: Horarium, client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code in (400, 404), answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert "secret" not in answer.text.replace("secret.jsonl", "")


async def test_links_are_not_followed(
    app: Horarium, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    assert app.journal is not None
    name = "x_y_20261110T100000.000000Z.jsonl"
    (app.journal.folder / DAY / "ada" / name).symlink_to(tmp_path / "home" / "secret.jsonl")
    answer = await client.get(f"/journal/{DAY}/ada/{quote(name)}")
    assert answer.status_code in (404, 500)
    assert "secret" not in answer.text


async def test_days_that_are_none(app: Horarium, client: httpx.AsyncClient) -> None:
    for day in ("yesterday", "2026-02-30", "20261110", "2026-11-10T00:00", "0001-01-01"):
        refused(await client.get(f"/journal/{day}"), 400, field="date")
        refused(await client.get(f"/journal/{day}/ada"), 400, field="date")
        refused(await client.get(f"/journal/{day}/ada/index.jsonl"), 400, field="date")
    refused(await client.get("/journal/2026-11-10?pge=1"), 400, field="pge")


async def test_an_index_that_cannot_be_read_is_ours_to_mend(
    app: Horarium, client: httpx.AsyncClient
) -> None:
    assert app.journal is not None
    (app.journal.folder / DAY / "ada" / "index.jsonl").write_bytes(b"scrawl\n")
    refused(await client.get(f"/journal/{DAY}/ada"), 500)
    await app.journal.write(datetime(2026, 11, 10, tzinfo=UTC).date(), "ada", redo=True)
    assert (await client.get(f"/journal/{DAY}/ada")).json()["total"] == 3


async def test_below_a_parents_path(app: Horarium) -> None:
    transport = httpx.ASGITransport(asgi(app), root_path="/jobs-of-shop")
    async with httpx.AsyncClient(transport=transport, base_url="http://parent") as client:
        day = (await client.get(f"/jobs-of-shop/journal/{DAY}")).json()
        assert [(await client.get(each["href"])).status_code for each in day["items"]] == [200] * 3


async def test_a_journal_on_another_machine_is_said_to_be_there(
    app: Horarium, tmp_path: Path
) -> None:
    other = Horarium(msgspec.structs.replace(app.settings, home=tmp_path / "other"))
    async with other.running(), visiting(asgi(other)) as client:
        assert (await client.get(f"/journal/{DAY}")).json()["total"] == 3
        said = f"was written on {socket.gethostname()}, into another folder"
        for path in (f"/journal/{DAY}/ada", f"/journal/{DAY}/ada/index.jsonl"):
            refused(await client.get(path), 404, says=said)
        refused(await client.get("/journal/2026-11-09/ada"), 404, says="has no file")
    shared = Horarium(
        msgspec.structs.replace(
            app.settings, home=tmp_path / "other", journal_folder=app.settings.home / "journal"
        )
    )
    async with shared.running(), visiting(asgi(shared)) as client:
        assert (await client.get(f"/journal/{DAY}/ada")).json()["total"] == 3


async def test_a_site_says_at_its_start_that_the_journal_is_elsewhere(
    app: Horarium, tmp_path: Path
) -> None:
    for home, said in ((app.settings.home, 0), (tmp_path / "other", 1)):
        site = Horarium(msgspec.structs.replace(app.settings, home=home))
        with capture_logs() as logged:
            async with asgi(site).lifespan():
                pass
        assert sum("into another folder" in str(each["event"]) for each in logged) == said
