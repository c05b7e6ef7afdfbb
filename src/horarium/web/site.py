"""The site put together: routes, errors, headers, and the application behind them."""

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any, cast

import structlog
from litestar import Litestar
from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.types import (
    LifeSpanReceive,
    LifeSpanScope,
    LifeSpanSend,
    Message,
    Receive,
    Scope,
    Send,
)

from horarium.application import Horarium
from horarium.errors import Unavailable
from horarium.web import answers, dashboard, reference
from horarium.web.api import (
    backfills,
    batches,
    editions,
    events,
    firings,
    foresight,
    health,
    jobs,
    metrics,
    orders,
    polarities,
    products,
    proofs,
    queues,
    reports,
    reviews,
    schedules,
    users,
    workers,
)
from horarium.web.headers import add_headers
from horarium.web.hosts import Guard, host_guard
from horarium.web.openapi import CONFIG, DecimalAsText
from horarium.web.pages import asset
from horarium.web.paths import with_segments_kept
from horarium.web.problems import problem_response
from horarium.web.request import StrictRequest, check_path, check_query

BODY_LIMIT = 2**20
"""Bytes that a request's body may have unless told otherwise."""

_ROUTES = (
    *(dashboard, reports, health, jobs, batches, events, queues, workers, metrics),
    *(schedules, firings, foresight, backfills, editions, proofs),
    *(users, products, orders, reviews, polarities, reference),
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
        await super().__call__(scope, receive, send)


def asgi(
    app: Horarium, *, hosts: Collection[str] | None = None, body_limit: int = BODY_LIMIT
) -> Litestar:
    """The API and the dashboard of an application, to be served or mounted.

    Args:
        app: opened when the server starts, at the latest with the first request.
        hosts: names in the Host header that are answered to; all, if not given, as is right where
            a parent application or a proxy decides.
        body_limit: bytes that a request's body may have.
    """
    guards: list[Guard] = [check_path, check_query]
    if hosts is not None:
        guards.insert(0, host_guard(frozenset(hosts)))
    return Site(
        [*(route for part in _ROUTES for route in part.ROUTES), asset],
        before_send=[add_headers],
        debug=False,
        dependencies={"app": Provide(lambda: app, use_cache=True, sync_to_thread=False)},
        exception_handlers={Exception: problem_response},
        guards=guards,
        lifespan=[_lifespan(app)],
        logging_config=None,
        openapi_config=CONFIG,
        plugins=[DecimalAsText()],
        request_class=StrictRequest,
        request_max_body_size=body_limit,
        stores={answers.STORE: answers.store(app.settings)},
    )


def _lifespan(app: Horarium) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def opened(_site: Litestar) -> AsyncIterator[None]:
        """Open the database; a server that is not there yet is asked again by each request."""
        try:
            await app.database.open()
        except Unavailable as error:
            _log.warning("the database does not answer yet", reason=str(error))
        try:
            yield
        finally:
            await app.broker.shutdown()

    return opened


async def _without_body(send: Any, message: Message) -> None:
    if message["type"] == "http.response.body":
        message = {**message, "body": b""}
    await send(message)
