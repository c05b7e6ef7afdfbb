"""The site inside applications of other frameworks, as their own servers call them."""

import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from fastapi import FastAPI
from problem_documents import refused
from starlette.applications import Starlette
from starlette.routing import Mount

from horarium.accounts import add_account, issue_token
from horarium.application import Horarium
from horarium.settings import Settings
from horarium.web import asgi
from web.conftest import visiting

PAGE = {"Accept": "text/html"}
PLACES = ["/horarium", "/tools/jobs"]


@pytest.fixture
async def own(database_url: str) -> AsyncIterator[Horarium]:
    """An application that nobody has opened yet."""
    app = Horarium(Settings(database_url=database_url, zone="Europe/London", currency="GBP"))
    yield app
    await app.close()


def in_starlette(app: Horarium, place: str) -> Any:
    @asynccontextmanager
    async def lifespan(_parent: Starlette) -> AsyncIterator[None]:
        async with app.running():
            yield

    return Starlette(routes=[Mount(place, app=asgi(app))], lifespan=lifespan)


def in_fastapi(app: Horarium, place: str) -> Any:
    @asynccontextmanager
    async def lifespan(_parent: FastAPI) -> AsyncIterator[None]:
        async with app.running():
            yield

    parent = FastAPI(lifespan=lifespan)

    @parent.get("/own")
    async def route() -> str:
        return "the parent's"

    parent.mount(place, asgi(app))
    return parent


def in_fastapi_twice(app: Horarium, place: str) -> Any:
    """In an application that is mounted itself."""
    parent, inner = FastAPI(), FastAPI(docs_url=None, openapi_url=None)
    first, _, rest = place.strip("/").partition("/")
    inner.mount(f"/{rest}" if rest else "/", asgi(app))
    parent.mount(f"/{first}", inner)
    return parent


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("parent", [in_starlette, in_fastapi, in_fastapi_twice])
async def test_every_link_leads_somewhere(own: Horarium, parent: Any, place: str) -> None:
    site = parent(own, place)
    async with _alive(site), visiting(site) as client:
        for path in ("/", "/docs"):
            page = await client.get(f"{place}{path}", headers=PAGE)
            assert page.status_code == 200
            links = re.findall(r'(?:href|src|action)="([^"#]+)"', page.text)
            assert links
            for link in set(links):
                assert link.startswith(f"{place}/"), link
                assert (await client.get(link, headers=PAGE)).status_code == 200, link
        made = await client.post(f"{place}/report/generate?report_date=2010-12-01")
        assert made.status_code == 202
        assert made.headers["location"].startswith(f"{place}/jobs/")
        assert (await client.get(made.headers["location"])).status_code == 200
        odd = {"name": "Ada", "id": "a/b c"}
        assert (await client.post(f"{place}/users", json=odd)).status_code == 201
        assert (await client.get(f"{place}/users/a%2Fb%20c")).json()["id"] == "a/b c"
        refused(await client.get(f"{place}/nothing"), 404)
        assert (await client.head(f"{place}/health")).status_code == 200


async def test_the_first_request_opens_what_no_parent_has(own: Horarium) -> None:
    site = Starlette(routes=[Mount("/horarium", app=asgi(own))])
    async with visiting(site) as client:
        assert (await client.get("/horarium/health/ready")).status_code == 200


async def test_the_parents_routes_are_its_own(own: Horarium) -> None:
    async with visiting(in_fastapi(own, "/horarium")) as client:
        assert (await client.get("/own")).json() == "the parent's"
        assert (await client.get("/jobs")).status_code == 404


async def test_the_login_of_a_mounted_site(own: Horarium) -> None:
    async with own.transaction() as connection:
        await add_account(connection, "ada")
        token = (await issue_token(connection, "ada")).token
    async with visiting(in_fastapi(own, "/horarium")) as client:
        refused(await client.get("/horarium/jobs"), 401)
        answer = await client.get("/horarium/docs?x=1", headers=PAGE)
        assert answer.status_code == 200
        answer = await client.get("/horarium/?date=2010-12-01", headers=PAGE)
        assert answer.headers["location"] == "/horarium/login?next=%2F%3Fdate%3D2010-12-01"
        fields = {"token": token, "next": "/?date=2010-12-01"}
        headers = {"Origin": "http://localhost:8000"}
        answer = await client.post("/horarium/login", data=fields, headers=headers)
        assert answer.headers["location"] == "/horarium/?date=2010-12-01"
        assert "Path=/horarium;" in answer.headers["set-cookie"]
        assert (await client.get("/horarium/jobs")).status_code == 200


async def test_a_parent_that_lets_in_by_itself(own: Horarium) -> None:
    async with own.transaction() as connection:
        await add_account(connection, "ada")
        await issue_token(connection, "ada")
    site = Starlette(routes=[Mount("/horarium", app=asgi(own, auth="off"))])
    async with visiting(site) as client:
        assert (await client.get("/horarium/jobs")).status_code == 200


async def test_beside_django(own: Horarium) -> None:
    import django
    from django.conf import settings
    from django.core.asgi import get_asgi_application
    from django.http import HttpResponse
    from django.urls import path

    if not settings.configured:
        urls = type("urls", (), {"urlpatterns": [path("own", lambda _: HttpResponse("django's"))]})
        settings.configure(ROOT_URLCONF=urls, ALLOWED_HOSTS=["*"], SECRET_KEY="x")
        django.setup()
    from starlette.routing import Router

    # As docs/accounts.md has it: Django's application answers to whatever is not mounted.
    site = Router([Mount("/horarium", app=asgi(own)), Mount("/", app=get_asgi_application())])
    async with visiting(site) as client:
        assert (await client.get("/own")).text == "django's"
        assert (await client.get("/horarium/health")).json()["status"] == "ok"
        page = await client.get("/horarium/", headers=PAGE)
        assert 'href="/horarium/docs"' in page.text


def _alive(site: Any) -> AbstractAsyncContextManager[Any]:
    context: AbstractAsyncContextManager[Any] = site.router.lifespan_context(site)
    return context
