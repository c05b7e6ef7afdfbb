"""Deliveries, from the build to the reader: real mail, real HTTP."""

import asyncio
import hashlib
import hmac
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.workplace import working
from horarium import reports
from horarium.application import Horarium
from horarium.deliveries import Delivery, DeliveryState, list_deliveries
from horarium.deliveries import tasks as tasks_module
from horarium.errors import Conflict, NotFound
from horarium.setting_values import Secrets
from horarium.settings import Settings
from horarium.web import asgi

DAY = date(2026, 3, 2)
PATIENCE = 30.0


class Receiver:
    """A web server that keeps what it is sent, and answers as it is told."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.taken: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.taken.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hook?of=orders"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tasks_module._RETRIES, "retry_delay", 0.01)
    monkeypatch.setitem(tasks_module._RETRIES, "retry_backoff", 1)


def mail(*to: str, **how: Any) -> dict[str, Any]:
    return {"report": "orders", "mail": list(to), "oldest": 36_500, **how}


def hook(receiver: Receiver, **how: Any) -> dict[str, Any]:
    return {
        "report": "orders", "webhook": receiver.url, "secret": "till", "private": True,
        "oldest": 36_500, **how,
    }  # fmt: skip


@asynccontextmanager
async def opened(
    url: str, home: Path, place: str = "127.0.0.1:1", **routes: dict[str, Any]
) -> AsyncIterator[Horarium]:
    settings = Settings(
        database_url=url,
        home=home,
        smtp_url=f"smtp://{place}",
        mail_from="reports@example.org",
        public_url="https://reports.example.org/h/",
        deliveries=routes,
        secrets=Secrets(till="s3cret"),
        shutdown=5,
    )
    app = Horarium(settings)
    async with app.running():
        await app.settle()
        yield app


async def place(app: Horarium, order: str, price: str = "12.50") -> None:
    async with app.transaction() as connection:
        await connection.execute(
            "insert into shop.products (id, name, currency) values ('mug', 'Кружка', 'EUR')"
            " on conflict do nothing"
        )
        await connection.execute(
            "insert into shop.orders (id, kind, currency, placed_at)"
            " values ($1, 'sale', 'EUR', $2)",
            *(order, datetime(2026, 3, 2, 12, tzinfo=UTC)),
        )
        await connection.execute(
            "insert into shop.order_items (order_id, line, product_id, quantity, price)"
            " values ($1, 1, 'mug', 2, $2::text::numeric)",
            *(order, price),
        )


async def build(app: Horarium, reason: str = "schedule", **how: Any) -> reports.Revision:
    period = reports.period_of(DAY, "day", "UTC")
    async with app.transaction() as connection:
        return await reports.build(connection, "orders", period, reason=reason, **how)


async def noted(app: Horarium) -> list[Delivery]:
    async with app.database.connection() as connection:
        return (await list_deliveries(connection, 1, 100)).items


async def states(app: Horarium) -> list[str]:
    return sorted(f"{each.recipient} {each.revision} {each.state}" for each in await noted(app))


async def until(app: Horarium, *wanted: str) -> None:
    seen: list[str] = []
    try:
        async with asyncio.timeout(PATIENCE):
            while (seen := await states(app)) != sorted(wanted):
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"waited for {wanted}; last seen: {seen}") from None


async def test_a_revision_is_mailed_once_to_each_reader(
    database_url: str, tmp_path: Path, mail_server: Any, letters: Any
) -> None:
    route = mail("a@x.org", "b@x.org", format="csv")
    async with opened(database_url, tmp_path, mail_server(), finance=route) as app:
        await place(app, "заказ-1")
        await build(app)
        await build(app)  # nothing has changed: it is the same revision
        async with working(app.broker.worker()):
            await until(app, "a@x.org 1 delivered", "b@x.org 1 delivered")
            await place(app, "заказ-2")
            await build(app, reason="dirty")
            await until(
                app, "a@x.org 1 delivered", "b@x.org 1 delivered", "a@x.org 2 delivered",
                "b@x.org 2 delivered",
            )  # fmt: skip
    assert sorted(f"{each['To']} {each['Subject']}" for each in letters.taken) == [
        "a@x.org orders of 2026-03-02",
        "a@x.org orders of 2026-03-02 (revision 2)",
        "b@x.org orders of 2026-03-02",
        "b@x.org orders of 2026-03-02 (revision 2)",
    ]
    first = next(each for each in letters.taken if "revision" not in each["Subject"])
    (file,) = first.iter_attachments()
    assert file.get_filename() == "orders-2026-03-02.csv"
    assert "заказ-1,1,25.00,EUR" in file.get_content()
    assert "заказ-2" not in file.get_content()
    assert "Value: 25.00 EUR" in first.get_body().get_content()


async def test_the_delivery_is_there_with_the_revision_or_not_at_all(
    database_url: str, tmp_path: Path
) -> None:
    async with opened(database_url, tmp_path, finance=mail("a@x.org")) as app:
        with pytest.raises(ZeroDivisionError):
            async with app.transaction() as connection:
                period = reports.period_of(DAY, "day", "UTC")
                await reports.build(connection, "orders", period, reason="schedule")
                raise ZeroDivisionError
        assert await noted(app) == []
        # By the job that schedules call, and by a row that is added by hand, too.
        await app.build_report(DAY)
        async with working(app.broker.worker()):
            async with asyncio.timeout(PATIENCE):
                while not await noted(app):
                    await asyncio.sleep(0.02)
        async with app.database.transaction() as connection:
            new = reports.NewRow(DAY, "by hand", 1, currency="EUR")
            await reports.add_row(connection, new)
        assert sorted(each.revision for each in await noted(app)) == [1, 2]


async def test_what_is_not_final_old_or_backfilled_is_not_sent(
    database_url: str, tmp_path: Path
) -> None:
    routes = {"old": mail("a@x.org", oldest=3), "other": {"report": "none", "mail": "c@x.org"}}
    async with opened(database_url, tmp_path, finance=mail("b@x.org"), **routes) as app:
        provisional = datetime(2026, 3, 2, 23, tzinfo=UTC)
        await build(app, now=provisional)
        assert await noted(app) == []
        # Nothing has changed when it is over, and now the same revision is final.
        revision = await build(app, reason="backfill", now=provisional + timedelta(hours=2))
        assert (revision.revision, revision.changed) == (1, False)
        assert await states(app) == ["b@x.org 1 waiting"]
        await place(app, "1")
        await build(app, reason="backfill")
        assert await states(app) == ["b@x.org 1 waiting"]


async def test_what_is_large_is_a_link(
    database_url: str, tmp_path: Path, mail_server: Any, letters: Any
) -> None:
    route = mail("a@x.org", format="xlsx", attach_up_to=100)
    async with opened(database_url, tmp_path, mail_server(), finance=route) as app:
        await place(app, "1")
        await build(app)
        async with working(app.broker.worker()):
            await until(app, "a@x.org 1 delivered")
    (letter,) = letters.taken
    assert list(letter.iter_attachments()) == []
    link = "https://reports.example.org/h/reports/orders/export?from=2026-03-02&to=2026-03-02"
    assert f"The rows: {link}&format=xlsx" in letter.get_content()


async def test_a_server_that_refuses_is_asked_again(
    database_url: str, tmp_path: Path, mail_server: Any, letters: Any
) -> None:
    letters.refuses = True
    async with opened(database_url, tmp_path, mail_server(), finance=mail("a@x.org")) as app:
        await build(app)
        async with working(app.broker.worker()):
            async with asyncio.timeout(PATIENCE):
                while not (found := (await noted(app))[0]).attempts:
                    await asyncio.sleep(0.02)
            assert "come back later" in (found.error or "")
            letters.refuses = False
            await until(app, "a@x.org 1 delivered")
    assert len({each["Message-ID"] for each in letters.taken}) == len(letters.taken) == 1
    assert found.id in letters.taken[0]["Message-ID"]


async def test_a_signed_webhook(database_url: str, tmp_path: Path, receiver: Receiver) -> None:
    receiver.answers = [503, 429]
    async with opened(database_url, tmp_path, till=hook(receiver)) as app:
        await place(app, "1")
        await build(app)
        async with working(app.broker.worker()):
            await until(app, "till 1 delivered")
        (delivery,) = await noted(app)
    assert len(receiver.taken) == 3
    assert {headers["idempotency-key"] for headers, _ in receiver.taken} == {delivery.id}
    headers, body = receiver.taken[-1]
    assert delivery.size == len(body)
    assert delivery.attempts == 3
    signed = headers["horarium-timestamp"].encode() + b"." + body
    expected = hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()
    assert headers["horarium-signature"] == f"v1={expected}"
    assert b"s3cret" not in body
    told = json.loads(body)
    assert (told["event"], told["report"], told["day"]) == ("report.final", "orders", "2026-03-02")
    assert (told["revision"], told["row_count"]) == (1, 1)
    assert told["summary"]["total_value"] == "25.00"
    assert told["href"].endswith("/reports/orders/export?from=2026-03-02&to=2026-03-02&format=csv")


@pytest.mark.parametrize(
    ("answer", "private", "says"),
    [
        (410, True, "answered 410"),
        (302, True, "redirects are not followed"),
        (200, False, "private"),
    ],
)
async def test_what_is_refused_for_good_is_not_tried_again(
    database_url: str, tmp_path: Path, receiver: Receiver, answer: int, private: bool, says: str
) -> None:  # fmt: skip
    receiver.answers = [answer]
    async with opened(database_url, tmp_path, till=hook(receiver, private=private)) as app:
        await build(app)
        async with working(app.broker.worker()):
            await until(app, "till 1 failed")
        (delivery,) = await noted(app)
        assert says in (delivery.error or "")
        assert delivery.attempts == 1
        assert len(receiver.taken) == int(private)


async def test_a_revision_that_was_replaced_is_not_sent(
    database_url: str, tmp_path: Path, receiver: Receiver
) -> None:
    async with opened(database_url, tmp_path, till=hook(receiver)) as app:
        await build(app)
        await place(app, "1")
        await build(app)
        async with working(app.broker.worker()):
            await until(app, "till 1 superseded", "till 2 delivered")
        assert len(receiver.taken) == 1


async def test_over_http(database_url: str, tmp_path: Path, receiver: Receiver) -> None:
    receiver.answers = [410]
    async with opened(database_url, tmp_path, till=hook(receiver)) as app:
        await build(app)
        site = httpx.ASGITransport(asgi(app), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=site, base_url="http://localhost") as client:
            (waiting,) = (await client.get("/deliveries")).json()["items"]
            place = f"/deliveries/{waiting['id']}/retries"
            assert (await client.post(place)).status_code == 409
            async with working(app.broker.worker()):
                await until(app, "till 1 failed")
                found = (await client.get("/deliveries?state=failed&report=orders")).json()
                assert (found["total"], found["items"][0]["attempts"]) == (1, 1)
                assert (await client.post(place)).status_code == 202
                await until(app, "till 1 delivered")
                assert (await client.post(place)).status_code == 409
                assert (await client.post(f"{place}?again=true")).status_code == 202
                async with asyncio.timeout(PATIENCE):
                    while len(receiver.taken) < 3:
                        await asyncio.sleep(0.02)
                await until(app, "till 1 delivered")
            one = (await client.get(f"/deliveries/{waiting['id']}")).json()
            assert one["state"] == "delivered"
            assert (await client.get("/deliveries/none")).status_code == 404
            assert (await client.get("/deliveries?state=lost")).status_code == 400
            assert (await client.get("/deliveries?date=2030-01-01")).json()["total"] == 0


async def test_by_hand(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path, finance=mail("a@x.org", oldest=0)) as app:
        await build(app)
        assert await noted(app) == []  # too old to go by itself
        async with app.database.transaction() as connection:
            (new,) = await app.deliveries.deliver_day(connection, "orders", DAY)
            assert await app.deliveries.deliver_day(connection, "orders", DAY) == []
            with pytest.raises(NotFound, match="no final revision"):
                await app.deliveries.deliver_day(connection, "orders", date(2026, 1, 1))
            with pytest.raises(NotFound, match="routes: finance"):
                await app.deliveries.deliver_day(connection, "orders", DAY, "other")
            with pytest.raises(Conflict, match="still trying"):
                await app.deliveries.retry(connection, new.id)
        assert new.state is DeliveryState.WAITING
