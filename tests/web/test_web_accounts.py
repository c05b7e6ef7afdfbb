"""Who is let in, what they may do, and that it is theirs; the page's login."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from problem_documents import refused

from horarium.accounts import add_account, issue_token, revoke_tokens
from horarium.application import Horarium
from horarium.engine import Cron, Schedule, Timetable
from horarium.web import asgi
from horarium.web.entrance import COOKIE
from horarium.web.hosts import answered_hosts
from web.conftest import HERE, People, bearer, visiting

PAGE = {"Accept": "text/html"}


async def task(app: Horarium) -> Any:
    async def nothing() -> None: ...

    return app.broker.register_task(nothing, "nothing")


async def test_without_a_token_there_is_nothing_to_see(
    app: Horarium, strict: httpx.AsyncClient
) -> None:
    for method, path in (
        ("GET", "/report"), ("GET", "/jobs"), ("POST", "/users"), ("DELETE", "/jobs/1"),
        ("GET", "/metrics"), ("GET", "/account"), ("GET", "/events"), ("GET", "/"),
        ("GET", "/journal/2026-11-10"), ("HEAD", "/jobs"),
    ):  # fmt: skip
        answer = await strict.request(method, path)
        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"].startswith("Bearer")
        if method != "HEAD":
            refused(answer, 401, says="token")
    for headers in (
        bearer("hor_x"),
        bearer("hor_aaaaaaaa_" + "a" * 43),
        {"Authorization": "Bearer"},
    ):
        refused(await strict.get("/jobs", headers=headers), 401, says="not valid")
    refused(await strict.get("/jobs", headers={"Authorization": "Basic eDp5"}), 401)


async def test_what_is_public(strict: httpx.AsyncClient) -> None:
    for path in ("/health", "/health/ready", "/schema", "/docs", "/login", "/assets/style.css"):
        assert (await strict.get(path, headers=bearer("none"))).status_code == 200, path
    assert (await strict.get("/nothing")).status_code == 404


async def test_roles(app: Horarium, strict: httpx.AsyncClient, people: People) -> None:
    for headers in people:
        assert (await strict.get("/jobs", headers=headers)).status_code == 200
        preview = {"cron": "0 0 * * *"}
        answer = await strict.post("/schedules/preview", json=preview, headers=headers)
        assert answer.status_code not in (401, 403)
    new = {"name": "Ada"}
    refused(await strict.post("/users", json=new, headers=people.reader), 403, says="reader")
    assert (await strict.post("/users", json=new, headers=people.operator)).status_code == 201
    assert (await strict.post("/users", json=new, headers=people.admin)).status_code == 201
    me = (await strict.get("/account", headers=people.reader)).json()
    assert me == {"name": "reader one", "role": "reader"}


async def test_whoever_causes_a_job_owns_it(
    app: Horarium, strict: httpx.AsyncClient, people: People
) -> None:
    await task(app)
    rule = Timetable(Cron("0 0 * * *"), key="nightly")
    await app.book.put(Schedule(id="nightly", task="nothing", timetable=rule), "api")
    path = "/schedules/nightly/trigger"
    job = (await strict.post(path, json={}, headers=people.operator)).json()["job"]
    shown = (await strict.get(f"/jobs/{job}", headers=people.reader)).json()
    assert shown["owner"] == "operator one"
    answer = await strict.post("/report/generate?report_date=2010-12-01", headers=people.admin)
    job = answer.json()["task_id"]
    assert (await app.ledger.show(job)).owner == "admin one"
    draft = {
        "id": "theirs", "task": "nothing", "cron": "0 0 * * *",
    }  # fmt: skip
    made = await strict.post("/schedules", json=draft, headers=people.operator)
    assert made.status_code == 201, made.text
    again = await strict.put("/schedules/theirs", json=draft, headers=people.admin)
    assert (made.json()["version"], again.json()["version"]) == (1, 1)
    assert (await app.book.show("theirs")).schedule.owner == "operator one"
    # What is enqueued besides, in this very process, is nobody's.
    sent = await (await task(app)).kiq()
    assert (await app.ledger.show(sent.task_id)).owner is None
    labelled = await (await task(app)).kicker().with_labels(owner="carol").kiq()
    assert (await app.ledger.show(labelled.task_id)).owner == "carol"


async def test_on_loopback_it_is_open_until_a_token_is_made(
    app: Horarium, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr("horarium.accounts.tokens.monotonic", lambda: clock[0])
    async with visiting(asgi(app, listens_on="127.0.0.1")) as client:
        for headers in ({}, bearer("hor_x"), {"Authorization": "Basic eDp5"}):
            assert (await client.get("/jobs", headers=headers)).status_code == 200
        assert (await client.get("/account")).json() == {"name": None, "role": "admin"}
        async with app.transaction() as connection:
            await add_account(connection, "ada")
            issued = await issue_token(connection, "ada")
        clock[0] += 2.1
        refused(await client.get("/jobs"), 401)
        assert (await client.get("/jobs", headers=bearer(issued.token))).status_code == 200
        async with app.transaction() as connection:
            await revoke_tokens(connection, "ada")
        clock[0] += 2.1
        refused(await client.get("/jobs", headers=bearer(issued.token)), 401, says="revoked")
        refused(await client.get("/jobs"), 401)


async def test_other_policies(app: Horarium, people: People) -> None:
    async with visiting(asgi(app, listens_on="0.0.0.0")) as client:
        refused(await client.get("/jobs"), 401)
    async with visiting(asgi(app, auth="optional", listens_on="0.0.0.0")) as client:
        assert (await client.get("/jobs")).status_code == 200
        refused(await client.post("/users", json={"name": "A"}, headers=people.reader), 403)
        refused(await client.get("/jobs", headers=bearer("hor_x")), 401)
    async with visiting(asgi(app, auth="off")) as client:
        answer = await client.post("/users", json={"name": "A"}, headers=people.reader)
        assert answer.status_code == 201


async def test_a_token_is_neither_logged_nor_repeated(
    app: Horarium, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with app.transaction() as connection:
        await add_account(connection, "ada")
        token = (await issue_token(connection, "ada")).token

    async def fail(_id: str) -> None:
        raise RuntimeError("inside")

    monkeypatch.setattr(app.ledger, "show", fail)
    async with visiting(asgi(app, auth="required")) as client:
        answer = await client.get("/jobs/1", headers=bearer(token))
        assert answer.status_code == 500
        bad = await client.get("/jobs/1", headers=bearer(token + "x"))
    logged = capsys.readouterr()
    for text in (answer.text, bad.text, logged.out, logged.err):
        assert token not in text


# The page


async def test_a_form_of_a_thousand_fields_lets_nobody_in(strict: httpx.AsyncClient) -> None:
    answer = await strict.post("/login", data={f"token{n}": "x" for n in range(1000)}, headers=HERE)
    assert answer.status_code == 401


async def test_a_browser_is_sent_to_the_login_and_back(
    app: Horarium, strict: httpx.AsyncClient, people: People
) -> None:
    answer = await strict.get("/?date=2010-12-01", headers=PAGE)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2F%3Fdate%3D2010-12-01"
    form = await strict.get(answer.headers["location"], headers=PAGE)
    assert 'name="next" value="/?date=2010-12-01"' in form.text
    token = people.reader["Authorization"].removeprefix("Bearer ")
    fields = {"token": f" {token} ", "next": "/?date=2010-12-01"}
    answer = await strict.post("/login", data=fields, headers=HERE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?date=2010-12-01")
    cookie = answer.headers["set-cookie"]
    for part in (f"{COOKIE}={token}", "HttpOnly", "SameSite=strict", "Path=/", "Max-Age=43200"):
        assert part in cookie
    assert "Secure" not in cookie
    page = await strict.get("/", headers=PAGE)
    assert page.status_code == 200
    assert "Log out reader one" in page.text
    assert token not in page.text
    answer = await strict.post("/logout", headers=HERE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert (await strict.get("/", headers=PAGE)).status_code == 303


async def test_a_link_of_the_page_leads_to_the_login_too(strict: httpx.AsyncClient) -> None:
    answer = await strict.get("/report/orders?figure=sales", headers=PAGE)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Freport%2Forders%3Ffigure%3Dsales"
    assert (await strict.get("/report/orders?figure=sales")).status_code == 401


async def test_over_https_the_cookie_stays_on_https(app: Horarium, people: People) -> None:
    transport = httpx.ASGITransport(asgi(app, auth="required"))
    async with httpx.AsyncClient(transport=transport, base_url="https://shop.example") as client:
        token = people.admin["Authorization"].removeprefix("Bearer ")
        headers = {"Origin": "https://shop.example"}
        answer = await client.post("/login", data={"token": token}, headers=headers)
        assert "Secure" in answer.headers["set-cookie"]


async def test_a_wrong_token_is_told_and_nothing_is_set(strict: httpx.AsyncClient) -> None:
    for fields in ({"token": "hor_nothing"}, {"token": ""}, {}, {"token": "x" * 5000}):
        answer = await strict.post("/login", data=fields, headers={**HERE, **PAGE})
        assert answer.status_code == 401
        assert "not valid" in answer.text
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)",
     "/a\r\nSet-Cookie: x=1", "evil", ""],
)  # fmt: skip
async def test_the_login_leads_nowhere_else(
    strict: httpx.AsyncClient, people: People, target: str
) -> None:
    token = people.reader["Authorization"].removeprefix("Bearer ")
    answer = await strict.post("/login", data={"token": token, "next": target}, headers=HERE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_a_browser_logs_in_through_a_proxy_that_has_another_name(
    strict: httpx.AsyncClient, people: People
) -> None:
    token = people.operator["Authorization"].removeprefix("Bearer ")
    proxied = {"Origin": "https://shop.example", "X-Forwarded-Host": "shop.example"}
    answer = await strict.post("/login", data={"token": token}, headers=proxied)
    assert answer.status_code == 303
    strict.cookies.set(COOKIE, token)
    assert (await strict.post("/users", json={"name": "Ada"}, headers=proxied)).status_code == 201


async def test_what_other_sites_make_a_browser_send_is_refused(
    strict: httpx.AsyncClient, people: People
) -> None:
    token = people.operator["Authorization"].removeprefix("Bearer ")
    strict.cookies.set(COOKIE, token)
    new = {"name": "Ada"}
    for headers in (
        {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "http://localhost:9000"},
        {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {},
    ):  # fmt: skip
        refused(await strict.post("/users", json=new, headers=headers), 403)
    refused(await strict.post("/users", json=new), 403, says="cookie")
    assert (await strict.get("/users")).json()["total"] == 0
    assert (await strict.post("/users", json=new, headers=HERE)).status_code == 201
    own = {"Sec-Fetch-Site": "same-origin"}
    assert (await strict.post("/users", json=new, headers=own)).status_code == 201
    # Nor where it says who it is; a program that is no browser names no origin.
    evil = {**people.operator, "Origin": "http://evil.example"}
    refused(await strict.post("/users", json=new, headers=evil), 403)
    assert (await strict.post("/users", json=new, headers=people.operator)).status_code == 201
    for path in ("/login", "/logout"):
        answer = await strict.post(path, data={"token": token}, headers={"Origin": "null"})
        assert answer.status_code == 403


async def test_a_cookie_that_is_no_longer_valid_asks_again(
    app: Horarium, strict: httpx.AsyncClient
) -> None:
    async with app.transaction() as connection:
        await add_account(connection, "ada")
        issued = await issue_token(connection, "ada", lasts=timedelta(hours=1))
        await revoke_tokens(connection, "ada")
    strict.cookies.set(COOKIE, issued.token)
    assert (await strict.get("/", headers=PAGE)).status_code == 303
    refused(await strict.get("/jobs"), 401)


async def test_the_document_says_how_to_be_let_in(strict: httpx.AsyncClient) -> None:
    document = (await strict.get("/schema")).json()
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert {"401", "403"} <= document["paths"]["/jobs"]["get"]["responses"].keys()
    assert "401" not in document["paths"]["/health"]["get"]["responses"]


def test_hosts_that_are_named() -> None:
    assert answered_hosts("127.0.0.1") == {"localhost", "127.0.0.1", "[::1]"}
    assert answered_hosts("0.0.0.0") is None
    assert answered_hosts(None) is None
    named = answered_hosts("0.0.0.0", ("shop.example.org",))
    assert named == {"localhost", "127.0.0.1", "[::1]", "shop.example.org"}
    assert answered_hosts("10.0.0.1", ("a", "b")) == named - {"shop.example.org"} | {
        "a",
        "b",
        "10.0.0.1",
    }  # type: ignore[operator]
    assert answered_hosts("127.0.0.1", ("*",)) is None


async def test_another_host_is_refused_before_anybody_is_asked(
    app: Horarium, people: People
) -> None:
    site = asgi(app, hosts=answered_hosts("0.0.0.0", ("shop.example.org",)), auth="required")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site)) as client:
        url = "http://evil.example/jobs"
        refused(await client.get(url, headers=people.admin), 421, says="HORARIUM_HOSTS")
        url = "http://SHOP.example.org:8000/jobs"
        assert (await client.get(url, headers=people.admin)).status_code == 200
