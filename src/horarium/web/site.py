"""The site put together: routes, errors, headers, and the application behind them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any, cast

import asyncpg
import structlog
from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler
from litestar.types import (
    HTTPScope,
    LifeSpanReceive,
    LifeSpanScope,
    LifeSpanSend,
    Message,
    Receive,
    Scope,
    Send,
)

from horarium.accounts import Policy, TokenChecks, policy_of, warning
from horarium.application import Horarium
from horarium.errors import Unavailable
from horarium.journal import elsewhere
from horarium.owner import acting
from horarium.web import answers, dashboard, login, reference
from horarium.web.api import (
    account,
    backfills,
    batches,
    deliveries,
    editions,
    events,
    exports,
    firings,
    foresight,
    health,
    jobs,
    journal,
    metrics,
    orders,
    polarities,
    products,
    promises,
    proofs,
    queues,
    report_periods,
    reports,
    reviews,
    schedules,
    summaries,
    users,
    workers,
)
from horarium.web.entrance import entrance
from horarium.web.headers import add_headers
from horarium.web.hosts import Guard, answered_hosts, host_guard
from horarium.web.openapi import CONFIG, DecimalAsText, DescribedStructures
from horarium.web.origins import origin_guard
from horarium.web.overlong import HeardOut
from horarium.web.pages import asset
from horarium.web.paths import with_segments_kept
from horarium.web.problems import problem_response
from horarium.web.request import StrictRequest, check_path, check_query

BODY_LIMIT = 2**20
"""Bytes that a request's body may have unless told otherwise."""

AsyncGuard = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]

_ROUTES = (
    *(dashboard, reports, summaries, report_periods, promises, exports, deliveries),
    *(health, jobs, batches, events, queues, workers, metrics),
    *(schedules, firings, foresight, backfills, editions, proofs),
    *(users, products, orders, reviews, polarities, journal, account, login, reference),
)
_log = structlog.get_logger()


class Site(Litestar):
    """Litestar that answers HEAD wherever it answers GET (RFC 9110, 9.3.2)."""

    async def __call__(
        self,
        scope: Scope | LifeSpanScope,
        receive: Receive | LifeSpanReceive,
        send: Send | LifeSpanSend,
    ) -> None:
        if scope["type"] == ScopeType.HTTP:
            scope = cast("Scope", with_segments_kept(scope))
        if scope.get("method") == "HEAD":
            scope = cast("Scope", {**scope, "method": "GET", "horarium_head": True})
            send = partial(_without_body, send)
        if scope["type"] == ScopeType.HTTP:
            heard_out = HeardOut(
                cast("HTTPScope", scope), cast("Receive", receive), cast("Send", send)
            )
            receive, send = heard_out.receive, heard_out.send
        with acting():
            await super().__call__(scope, receive, send)


def asgi(
    app: Horarium,
    *,
    hosts: Collection[str] | None = None,
    origins: Collection[str] = (),
    auth: str | None = None,
    listens_on: str | None = None,
    body_limit: int = BODY_LIMIT,
) -> Litestar:
    """The API and the dashboard of an application, to be served or mounted.

    Args:
        app: opened when the server starts, at the latest with the first request.
        hosts: names in the Host header that are answered to; if not given, as HORARIUM_HOSTS says,
            else all, as is right where a parent application or a proxy decides.
        origins: other sites whose pages may change something, such as ``https://shop.example``;
            a parent application has to let their browsers send it (CORS).
        auth: `required`, `optional` or `off`, instead of HORARIUM_AUTH: `off` where the parent has
            let in whoever comes here.
        listens_on: the address, where this is served by itself: without HORARIUM_AUTH it decides
            whether a token is needed (`horarium.accounts.policy`).
        body_limit: bytes that a request's body may have.
    """
    if hosts is None:
        hosts = answered_hosts(listens_on, app.settings.hosts)
    checks = TokenChecks(app.database)
    policy = policy_of(auth or app.settings.auth, listens_on)
    places: list[Guard] = [origin_guard(frozenset(origins))]
    if hosts is not None:
        places.insert(0, host_guard(frozenset(hosts)))
    return Site(
        [*(route for part in _ROUTES for route in part.ROUTES), asset],
        before_send=[add_headers],
        debug=False,
        dependencies={
            "app": Provide(lambda: app, use_cache=True, sync_to_thread=False),
            "checks": Provide(lambda: checks, use_cache=True, sync_to_thread=False),
        },
        exception_handlers={Exception: problem_response},
        guards=[_guard(places), entrance(checks, policy), _guard([check_path, check_query])],
        lifespan=[_lifespan(app, partial(_warn, checks, policy, listens_on))],
        logging_config=None,
        openapi_config=CONFIG,
        plugins=[DecimalAsText(), DescribedStructures()],
        request_class=StrictRequest,
        request_max_body_size=body_limit,
        state=State({"horarium": app, answers.LOOKS: answers.Looks()}, deep_copy=False),
        stores={answers.STORE: answers.store(app.settings)},
    )


def _guard(checks: Sequence[Guard]) -> AsyncGuard:
    """All checks as one guard that is awaited: Litestar runs each sync one in a thread."""

    async def check(
        connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
    ) -> None:
        for each in checks:
            each(connection, handler)

    return check


def _lifespan(
    app: Horarium, warn: Callable[[], Awaitable[None]]
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def opened(_site: Litestar) -> AsyncIterator[None]:
        """Open the database; a server that is not there yet is asked again by each request."""
        try:
            await app.database.open()
            await warn()
            await _warn_of_the_journal(app)
        except Unavailable as error:
            _log.warning("the database does not answer yet", reason=str(error))
        try:
            yield
        finally:
            await app.broker.shutdown()

    return opened


async def _warn_of_the_journal(app: Horarium) -> None:
    """Say where the journal is, if it is not where it is read."""
    if app.journal is None:
        return
    try:
        async with app.database.connection() as connection:
            said = await elsewhere(connection, app.journal.folder)
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError):
        return  # not migrated
    if said is not None:
        _log.warning(said)


async def _warn(checks: TokenChecks, policy: Policy, listens_on: str | None) -> None:
    """Say who is let in, where that may not be what is wanted."""
    if listens_on is None:
        return
    try:
        said = warning(policy, listens_on, token_made=await checks.any_made())
    except asyncpg.UndefinedTableError:
        return  # not migrated: each request is told so
    if said is not None:
        _log.warning(said)


async def _without_body(send: Any, message: Message) -> None:
    if message["type"] == "http.response.body":
        message = {**message, "body": b""}
    await send(message)
