"""What went wrong, as HTTP says it: the one place where errors become answers.

Each refusal is a problem document (RFC 9457, ``application/problem+json``) with one sentence in
`detail`, and an entry in `errors` for each value that is wrong. What nobody foresaw is logged and
answered with 500, without a word of what it was.
"""

import traceback
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import quote

import asyncpg
import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from horarium.engine import NotSent
from horarium.errors import (
    Conflict,
    HorariumError,
    InvalidInput,
    NotFound,
    TooBusy,
    Unavailable,
)
from horarium.exports import MissingExtra
from horarium.health import NOT_MIGRATED, Health
from horarium.shop import InsufficientStock, Outdated
from horarium.web import refusals
from horarium.web.pages import html, local_address, to_login, wants_html
from horarium.web.paths import SLASH, restored

MEDIA_TYPE = "application/problem+json"
LONGEST = 1000
"""Characters of a text from outside that are repeated in a problem."""

_log = structlog.get_logger()


class FieldError(msgspec.Struct, frozen=True):
    """A value that is wrong: its name as it was sent, and why it is refused."""

    field: str
    reason: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a request was refused (RFC 9457); nothing was changed."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldError] = []


class StockProblem(Problem, frozen=True, kw_only=True):
    """Conflict 409: there is less of a product than the order wants, or the id is taken."""

    product: str | None = None
    wanted: int | None = None
    left: int | None = None


class ReadinessProblem(Problem, frozen=True, kw_only=True):
    """Which part is not ready: those that are false, or the scheduler by its lag in seconds."""

    database: bool | None = None
    migrated: bool | None = None
    scheduler_lag: float | None = None


class PreconditionMissing(HorariumError):
    """A change does not say what it was made from."""


class ForeignOrigin(HorariumError):
    """A browser asks for a change on behalf of another site's page."""


class NotReady(HorariumError):
    """A part that is needed does not work."""

    def __init__(self, health: Health) -> None:
        super().__init__(health.problem or "a part that is needed does not work")
        self.health = health


class Kind(NamedTuple):
    """A kind of problem: the end of its type, its title, its status, and what it means."""

    name: str
    title: str
    status: int
    meaning: str

    @property
    def type(self) -> str:
        return f"urn:problem-type:horarium:{self.name}"


INVALID = Kind("invalid-input", "Invalid input", 400, "A value cannot be used; `errors` says which")
TOKEN = Kind(
    "token-required", "Token required", 401, "A valid token is needed: Authorization: Bearer"
)
FORBIDDEN = Kind("forbidden", "Forbidden", 403, "The account's role does not allow it")
UNKNOWN = Kind("not-found", "Not found", 404, "There is nothing under this name or path")
FOREIGN = Kind("foreign-origin", "Foreign origin", 403, "Pages of other sites may change nothing")
METHOD = Kind("method-not-allowed", "Method not allowed", 405, "The path takes other methods")
CONFLICT = Kind("conflict", "Conflict", 409, "What is there now forbids it")
STOCK = Kind(
    "insufficient-stock",
    "Insufficient stock",
    409,
    "There is less of a product than the order wants; `product`, `wanted`, `left` say which",
)
OUTDATED = Kind("outdated", "Precondition failed", 412, "It was changed since it was read")
MISSING = Kind("precondition-required", "Precondition required", 428, "A change needs If-Match")
TOO_LARGE = Kind("too-large", "Content too large", 413, "The body is larger than the server takes")
MEDIA = Kind("unsupported-media-type", "Unsupported media type", 415, "A body is JSON")
HOST = Kind(
    "misdirected-request", "Misdirected request", 421, "The server does not answer to this host"
)
UNEXPECTED = Kind("unexpected", "Unexpected error", 500, "Our fault; the server's log says more")
DOWN = Kind("unavailable", "Service unavailable", 503, "The database does not answer")
LACKING = Kind(
    "missing-extra", "Not implemented here", 501, "A package that this needs is not installed"
)
BUSY = Kind("too-busy", "Too busy", 503, "There is no room now; later there will be")
UNREADY = Kind("not-ready", "Not ready", 503, "A part is missing; the members say which")

KINDS = (
    INVALID, TOKEN, FORBIDDEN, FOREIGN, UNKNOWN, METHOD, CONFLICT, STOCK, OUTDATED, TOO_LARGE,
    MEDIA, HOST, MISSING, UNEXPECTED, LACKING, DOWN, BUSY, UNREADY,
)  # fmt: skip
_BY_STATUS = {
    kind.status: kind
    for kind in (INVALID, TOKEN, FORBIDDEN, UNKNOWN, METHOD, TOO_LARGE, MEDIA, HOST, DOWN)
}

_BY_ERROR: dict[type[Exception], Kind] = {
    TooBusy: BUSY,
    ForeignOrigin: FOREIGN,
    MissingExtra: LACKING,
}

_PASSING = (
    Unavailable,
    ConnectionError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
)
"""Errors that pass by themselves: the same request may succeed in a moment."""


def problem_response(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The answer to a request that raised."""
    problem = problem_of(request, error)
    if _on_page(request) and wants_html(request):
        if problem.status == HTTPStatus.UNAUTHORIZED:
            return to_login(request)
        return html(
            request, "problem.html", status=problem.status, problem=problem, back=_back(request)
        )
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "5"
    return Response(
        problem, status_code=problem.status, media_type=MEDIA_TYPE, headers=headers or None
    )


def problem_of(request: Request[Any, Any, Any], error: Exception) -> Problem:
    """The problem document of an error."""
    match error:
        case InvalidInput():
            fields = [FieldError(error.field, error.reason)]
            return _problem(request, INVALID, str(error), errors=fields)
        case NotFound():
            return _problem(request, UNKNOWN, str(error))
        case InsufficientStock():
            stock = {"product": error.product_id, "wanted": error.wanted, "left": error.left}
            return _problem(request, STOCK, str(error), StockProblem, **stock)
        case Outdated():
            return _problem(request, OUTDATED, str(error))
        case PreconditionMissing():
            return _problem(request, MISSING, str(error))
        case Conflict():
            return _problem(request, CONFLICT, str(error))
        case TooBusy() | ForeignOrigin() | MissingExtra():
            return _problem(request, _BY_ERROR[type(error)], str(error))
        case NotReady(health=health):
            return _problem(request, UNREADY, str(error), ReadinessProblem, **_parts(health))
        case HTTPException():
            return _http_problem(request, error)
        case _:
            return _server_problem(request, error)


def _on_page(request: Request[Any, Any, Any]) -> bool:
    """Whether a page for people was asked for, or nothing that is there: said in HTML to them."""
    handler = request.scope.get("route_handler")
    return handler is None or bool(handler.opt.get("page"))


def _back(request: Request[Any, Any, Any]) -> str:
    """Where the page is whose form was refused; its own path leads there."""
    handler = request.scope.get("route_handler")
    acts = handler is not None and handler.opt.get("act")
    return local_address(request) if acts else ""


def _http_problem(request: Request[Any, Any, Any], error: HTTPException) -> Problem:
    """What Litestar, or the reading of the request, refuses."""
    kind = _BY_STATUS.get(error.status_code)
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        fields = [FieldError(*field) for field in refusals.explained(request, error.extra)]
        return _problem(request, INVALID, _sentence(fields), errors=fields)
    if kind is METHOD:
        return _problem(request, METHOD, refusals.other_methods(request, error.headers))
    if kind is UNKNOWN:
        path = restored(request.scope["path"])
        return _problem(request, UNKNOWN, f"there is nothing at {path[:200]}; /docs lists what is")
    if kind is TOO_LARGE:
        return _problem(request, TOO_LARGE, refusals.too_large(request))
    if kind is None and error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        phrase = HTTPStatus(error.status_code).phrase
        kind = Kind(phrase.lower().replace(" ", "-"), phrase, error.status_code, "")
    if kind is None:
        return _server_problem(request, error)
    return _problem(request, kind, error.detail)


# What is missing is ours: queries of a report's own are refused before, as its own.
_OF_ANOTHER_VERSION = (
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedFunctionError,
    asyncpg.InvalidSchemaNameError,
)


def _server_problem(request: Request[Any, Any, Any], error: Exception) -> Problem:
    if isinstance(error, NotSent) and isinstance(error.__cause__, Exception):
        return problem_of(request, error.__cause__)
    if isinstance(error, _OF_ANOTHER_VERSION):
        _log.warning("the database is not migrated", path=request.scope["path"])
        return _problem(request, DOWN, NOT_MIGRATED)
    if isinstance(error, _PASSING):
        _log.warning("a request met a server that does not answer", error=str(error))
        return _problem(request, DOWN, "the database does not answer; try again in a moment")
    if isinstance(error, asyncpg.DataError):
        _log.warning("the database refused a value", error=str(error))
        return _problem(request, INVALID, "a value is not one that the database can keep")
    # As text: a renderer of tracebacks may show locals, and so the request's headers.
    trace = "".join(traceback.format_exception(error))
    _log.error("unexpected error", path=request.scope["path"], exception=trace)
    detail = "something unexpected happened on the server; nothing was changed"
    return _problem(request, UNEXPECTED, detail)


def _problem(
    request: Request[Any, Any, Any],
    kind: Kind,
    detail: str,
    document: type[Problem] = Problem,
    **members: Any,
) -> Problem:
    return document(
        type=kind.type,
        title=kind.title,
        status=kind.status,
        detail=detail if len(detail) <= LONGEST else detail[:LONGEST] + "…",
        instance=quote(request.scope["path"][:LONGEST]).replace(quote(SLASH), "%2F"),
        **members,
    )


def _sentence(fields: list[FieldError]) -> str:
    return "; ".join(f"{field.field}: {field.reason}" for field in fields)


def _parts(health: Health) -> dict[str, Any]:
    return {
        "database": health.database,
        "migrated": health.migrated,
        "scheduler_lag": health.scheduler_lag,
    }
