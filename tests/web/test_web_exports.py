"""Exports over HTTP: streams, files made in the background, and what becomes of a client's end."""

import asyncio
import csv
import io
import socket
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import httpx
import msgspec
import pytest
from problem_documents import refused
from streams import serving

from engine.workplace import eventually, working
from horarium.application import Horarium
from horarium.exports import format as formats
from horarium.exports import outflow
from horarium.exports.format import Format
from horarium.settings import Settings
from horarium.web import asgi
from horarium.web.api import exports as routes
from horarium.web.downloads import wanted_range

SPAN = {"from": "2026-03-28", "to": "2026-03-29"}
MANY = """
insert into shop.reports (report_at, order_id, count_product, total_amount, currency)
select '2026-03-29', 'made ' || n, n % 9, n / 100.0, 'GBP' from generate_series(1, $1::int) n
"""


@pytest.fixture
async def kept(database_url: str, tmp_path: Path) -> AsyncIterator[Horarium]:
    """An application with a home of its own."""
    settings = Settings(
        database_url=database_url, home=tmp_path, zone="Europe/London", currency="GBP", shutdown=5
    )
    app = Horarium(settings)
    async with app.running():
        await app.settle()
        yield app


@pytest.fixture
async def visitor(kept: Horarium, filling: None) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(asgi(kept), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


@pytest.fixture
async def filling(kept: Horarium) -> None:
    from visitors import fill_reports, fill_shelf

    await fill_shelf(kept)
    await fill_reports(kept)


async def test_csv_of_a_span(client: httpx.AsyncClient, reported: date) -> None:
    answer = await client.get("/report/export", params=SPAN)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    name = 'attachment; filename="orders-2026-03-28-2026-03-29.csv"'
    assert answer.headers["content-disposition"] == name
    _, *lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert [line[:5] for line in lines] == [
        ["2026-03-29", "1001", "2", "10.70", "GBP"],
        ["2026-03-29", "1002", "1", "5.10", "GBP"],
    ]


@pytest.mark.parametrize("path", ["/report/export", "/reports/orders/export"])
@pytest.mark.parametrize(
    ("format", "start"),
    [("jsonl", b'{"report_at"'), ("xlsx", b"PK"), ("parquet", b"PAR1"), ("pdf", b"%PDF-")],
)
async def test_each_format(
    client: httpx.AsyncClient, reported: date, path: str, format: str, start: bytes
) -> None:
    answer = await client.get(path, params={"format": format})
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(start)
    assert answer.headers["content-type"].startswith(formats.MEDIA_TYPES[Format(format)])


async def test_head_reads_nothing(client: httpx.AsyncClient, reported: date) -> None:
    answer = await client.head("/report/export")
    assert answer.status_code == 200
    assert answer.content == b""


async def test_what_is_refused(refusing: httpx.AsyncClient) -> None:
    ask = refusing.get
    refused(await ask("/report/export?format=docx"), 400, field="format", says="csv")
    refused(await ask("/report/export?from=2026-03-29&to=2026-03-28"), 400, field="to")
    refused(await ask("/report/export?from=yesterday"), 400, field="from")
    refused(await ask("/report/export?decimal=comma"), 400, field="decimal")
    refused(await ask("/report/export?format=pdf&bom=false"), 400, field="format")
    refused(await ask("/report/export?from=2031-01-01"), 404, says="nothing of the report orders")
    refused(await ask("/reports/none/export"), 404, says="there is no report 'none'")
    refused(await ask("/exports/none"), 404, says="there is no export")
    refused(await ask("/exports/none/file"), 404)
    body = {"format": "csv", "from": "2026-03-29", "colour": "red"}
    refused(await refusing.post("/report/exports", json=body), 400, field="colour")
    refused(await refusing.post("/report/exports", json={}), 400, field="format")


async def test_a_missing_extra_says_what_to_install(
    refusing: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "find_spec", lambda _: None)
    answer = await refusing.get("/report/export?format=parquet")
    refused(answer, 501, says="pip install 'horarium[parquet]'")


async def test_too_many_at_once_are_told_to_wait(
    refusing: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outflow, "MOST", 0)
    answer = await refusing.get("/report/export")
    refused(answer, 503, says="try again in a moment")
    assert answer.headers["retry-after"] == "5"


async def test_an_export_in_the_background(
    kept: Horarium, visitor: httpx.AsyncClient, tmp_path: Path
) -> None:
    wish = {"format": "xlsx", **SPAN}
    asked = await visitor.post("/report/exports", json=wish)
    assert asked.status_code == 202
    account = asked.json()
    assert asked.headers["location"] == f"/exports/{account['id']}"
    assert (account["state"], account["href"], account["rows_expected"]) == ("waiting", None, 2)
    refused(await visitor.get(f"/exports/{account['id']}/file"), 409, says="it is waiting")
    again = await visitor.post("/report/exports", json=wish)
    assert again.json()["id"] == account["id"]
    # The worker is on another machine: of folders it has nothing in common with the site.
    home = tmp_path / "elsewhere"
    elsewhere = Horarium(msgspec.structs.replace(kept.settings, home=home))
    async with elsewhere.running(), working(elsewhere.broker.worker()):
        await eventually(lambda: _state(visitor, account["id"]), "ready")
    assert list((home / "exports").iterdir()) == []
    ready = (await visitor.get(f"/exports/{account['id']}")).json()
    assert (ready["rows"], ready["progress"]) == (2, 1.0)
    file = await visitor.get(ready["href"])
    assert file.content.startswith(b"PK")
    assert len(file.content) == ready["size"]
    part = await visitor.get(ready["href"], headers={"Range": "bytes=2-9"})
    assert (part.status_code, part.content) == (206, file.content[2:10])
    assert part.headers["content-range"] == f"bytes 2-9/{ready['size']}"
    beyond = await visitor.get(ready["href"], headers={"Range": "bytes=99999999-"})
    refused(beyond, 416)
    assert beyond.headers["content-range"] == f"bytes */{ready['size']}"
    other = {"Range": "bytes=2-9", "If-Range": '"another"'}
    assert (await visitor.get(ready["href"], headers=other)).content == file.content


async def test_what_takes_long_is_made_and_then_sent(
    kept: Horarium, visitor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(routes.AT_ONCE, Format.PDF, 1)
    first = await visitor.get("/report/export?format=pdf")
    assert first.status_code == 202
    id = first.json()["id"]
    assert (await visitor.get("/report/export?format=pdf")).json()["id"] == id
    async with working(kept.broker.worker()):
        await eventually(lambda: _state(visitor, id), "ready")
    ready = await visitor.get("/report/export?format=pdf")
    assert ready.status_code == 200
    assert ready.content.startswith(b"%PDF-")
    # A file that went with a crash of the server, as unlogged tables do, is made again.
    async with kept.database.connection() as connection:
        await connection.execute("truncate horarium.export_pieces")
    refused(await visitor.get(f"/exports/{id}/file"), 404, says="ask for it again")
    assert (await visitor.get(f"/exports/{id}")).json()["state"] == "expired"
    again = await visitor.get("/report/export?format=pdf")
    assert again.status_code == 202
    assert again.json()["id"] != id
    # So is one that a new build has outdated, and one that expired is gone.
    async with kept.database.connection() as connection:
        await connection.execute("update horarium.exports set expires_at = now() where id = $1", id)
    refused(await visitor.get(f"/exports/{id}/file"), 404, says="expired")


async def test_a_failed_export_says_why_and_is_made_anew(
    kept: Horarium, visitor: httpx.AsyncClient
) -> None:
    account = (await visitor.post("/report/exports", json={"format": "csv"})).json()
    assert await kept.ledger.cancel(account["job_id"], "not today")
    found = (await visitor.get(f"/exports/{account['id']}")).json()
    assert (found["state"], found["error"]) == ("cancelled", "not today")
    refused(await visitor.get(f"/exports/{account['id']}/file"), 409, says="not today")
    again = (await visitor.post("/report/exports", json={"format": "csv"})).json()
    assert again["id"] != account["id"]


async def test_a_client_that_goes_away_frees_the_connection(kept: Horarium, filling: None) -> None:
    await _put_many(kept, 300_000)
    async with serving(kept) as client:
        async with client.stream("GET", "/report/export") as answer:
            assert answer.status_code == 200
            pieces = answer.aiter_bytes()  # once it is forgotten, the answer is closed
            assert await anext(pieces)
            assert await _exporting(kept) == 1
        await eventually(lambda: _exporting(kept), 0)
        assert outflow.Outflow._open == 0
        assert (await client.get("/health")).status_code == 200


async def test_a_client_that_takes_nothing_is_given_up(
    kept: Horarium, filling: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outflow, "STALLED", 0.3)
    await _put_many(kept, 300_000)
    async with serving(kept) as client:
        place = client.base_url
        with socket.create_connection((place.host, place.port or 80)) as line:
            line.sendall(b"GET /report/export HTTP/1.1\r\nHost: localhost\r\n\r\n")
            line.setblocking(False)
            await eventually(lambda: _exporting(kept), 1)
            await eventually(
                lambda: _exporting(kept), 0
            )  # its connection, though it is still there


async def test_an_export_that_breaks_off_is_seen_to(kept: Horarium, filling: None) -> None:
    await _put_many(kept, 300_000)
    async with serving(kept) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            async with client.stream("GET", "/report/export") as answer:
                async for _ in answer.aiter_bytes():
                    async with kept.database.connection() as connection:
                        await connection.execute(
                            "select pg_terminate_backend(pid) from pg_stat_activity"
                            " where application_name = 'horarium export'"
                            " and datname = current_database()"
                        )


def test_ranges() -> None:
    assert wanted_range(None, 10) is None
    assert wanted_range("bytes=0-", 10) == (0, 10)
    assert wanted_range("bytes=3-5", 10) == (3, 6)
    assert wanted_range("bytes=3-500", 10) == (3, 10)
    assert wanted_range("bytes=-4", 10) == (6, 10)
    assert wanted_range("bytes=-400", 10) == (0, 10)
    for passed_over in ("bytes=5-3", "bytes=-", "lines=1-2", "bytes=0-1,3-4", "bytes=a-b"):
        assert wanted_range(passed_over, 10) is None
    for beyond in ("bytes=10-", "bytes=-0", "bytes=11-12"):
        with pytest.raises(Exception, match="beyond"):
            wanted_range(beyond, 10)


async def _state(client: httpx.AsyncClient, id: str) -> str:
    state: str = (await client.get(f"/exports/{id}")).json()["state"]
    return state


async def _put_many(app: Horarium, count: int) -> None:
    async with app.database.connection() as connection:
        await connection.execute(MANY, count)


async def _exporting(app: Horarium) -> int:
    """Connections of this database that export."""
    await asyncio.sleep(0)
    async with app.database.connection() as connection:
        count: int = await connection.fetchval(
            "select count(*) from pg_stat_activity where application_name = 'horarium export'"
            " and datname = current_database()"
        )
    return count
