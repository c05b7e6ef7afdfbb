"""Exports over HTTP: sent while they are read, or made in the background and fetched."""

import datetime as dt
from collections.abc import Mapping
from io import BytesIO
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, PathParameter, QueryParameter, SkipValidation

from horarium.application import Horarium
from horarium.exports import (
    AT_ONCE,
    MEDIA_TYPES,
    SESSION,
    CsvStyle,
    Export,
    ExportState,
    ExportTasks,
    Format,
    Outflow,
    Selection,
    check,
    download_name,
    fill,
)
from horarium.reports import ORDER_REPORT
from horarium.web.api.export_files import attachment, export_file
from horarium.web.api.export_shapes import ExportAccount, NewExport
from horarium.web.api.parameters import App, Identity, begun, checked_day, refuses
from horarium.web.downloads import Download, no_bytes, nothing
from horarium.web.paths import root_of

Name = Annotated[str, PathParameter(description="The report's name.")]
_From = Annotated[
    dt.date | None,
    QueryParameter(name="from", description="The first day; without it the oldest that was built."),
]
_To = Annotated[
    dt.date | None,
    QueryParameter(name="to", description="The last day, included; without it the newest."),
]
_FORMAT = "csv, jsonl, xlsx, parquet or pdf."
_BOM = "csv: begin with the mark by which Excel knows UTF-8."
_DELIMITER = "csv: what stands between values."
_DECIMAL = "csv: the sign before decimals; a comma needs semicolon or tab between values."
_FORMULAS = (
    "csv: texts that a spreadsheet would compute get an apostrophe before them (text), or are left "
    "as they are (raw)."
)


class Wish(msgspec.Struct, frozen=True):
    """What is to be exported, and how."""

    format: Format
    style: CsvStyle
    first: dt.date | None
    last: dt.date | None


def _wish(
    format: Annotated[Format, QueryParameter(description=_FORMAT)] = Format.CSV,
    first: _From = None,
    last: _To = None,
    bom: Annotated[bool, QueryParameter(description=_BOM)] = True,
    delimiter: Annotated[
        Literal["comma", "semicolon", "tab"], QueryParameter(description=_DELIMITER)
    ] = "comma",
    decimal: Annotated[Literal["point", "comma"], QueryParameter(description=_DECIMAL)] = "point",
    formulas: Annotated[Literal["text", "raw"], QueryParameter(description=_FORMULAS)] = "text",
) -> Wish:
    """What a request's parameters ask for."""
    style = CsvStyle(bom=bom, delimiter=delimiter, decimal=decimal, formulas=formulas)
    return Wish(format, style, _day("from", first), _day("to", last))


_WISH: Mapping[str, Provide] = {"wish": Provide(_wish, sync_to_thread=False)}
Wished = NamedDependency[SkipValidation[Wish]]

_BYTES = "*/*"
_FILE = ResponseSpec(
    bytes,
    generate_examples=False,
    description="The file, in the format's own type",
    media_type=_BYTES,
)
_MADE = ResponseSpec(
    ExportAccount, generate_examples=False, description="It is made in the background; see Location"
)
_SENT = {200: _FILE, 202: _MADE, **refuses(404, 501)}


@get(
    "/report/export",
    tags=["Exports"],
    summary="Export the order report",
    dependencies=_WISH,
    responses=_SENT,
)
async def export_order_report(
    request: Request[Any, Any, Any], app: App, wish: Wished
) -> Response[Any]:
    """The rows of the order report from one day to another, both included. CSV and JSON lines are
    sent while they are read, however long they are. Other formats are sent at once where that
    takes about a second; else the answer is 202 with an export that is made in the background, and
    the same request gives the file once it is ready.
    """
    return await _sent(request, app, ORDER_REPORT.name, wish)


@get(
    "/reports/{name:str}/export",
    tags=["Exports"],
    summary="Export a report",
    dependencies=_WISH,
    responses=_SENT,
)
async def export_report(
    request: Request[Any, Any, Any], app: App, name: Name, wish: Wished
) -> Response[Any]:
    """The rows of any report, as `/report/export` gives those of the order report; each row begins
    with its period. `from` and `to` are first days of periods.
    """
    return await _sent(request, app, name, wish)


@post(
    "/report/exports",
    status_code=202,
    tags=["Exports"],
    summary="Make an export of the order report",
    responses=refuses(404, 501, body=True),
)
async def make_order_report_export(
    request: Request[Any, Any, Any], app: App, data: JSONBody[NewExport]
) -> Response[ExportAccount]:
    """Write a file in the background. Who asks for the same again, while nothing was built anew,
    gets the same export.
    """
    return await _made(request, app, ORDER_REPORT.name, data)


@post(
    "/reports/{name:str}/exports",
    status_code=202,
    tags=["Exports"],
    summary="Make an export of a report",
    responses=refuses(404, 501, body=True),
)
async def make_report_export(
    request: Request[Any, Any, Any], app: App, name: Name, data: JSONBody[NewExport]
) -> Response[ExportAccount]:
    """Write a file of any report in the background; see `/report/exports`."""
    return await _made(request, app, name, data)


@get("/exports/{export_id:str}", tags=["Exports"], summary="Read an export", responses=refuses(404))
async def read_export(
    request: Request[Any, Any, Any], app: App, export_id: Identity
) -> ExportAccount:
    """How far an export is; `href` is its file once it is ready. `/jobs/{job_id}/events` tells of
    its progress while it is made.
    """
    return _shown(request, await app.exports.read(export_id))


@get(
    "/exports/{export_id:str}/file",
    tags=["Exports"],
    summary="Fetch an export",
    responses={
        200: _FILE,
        206: ResponseSpec(
            bytes, generate_examples=False, description="The part asked for", media_type=_BYTES
        ),
        **refuses(404, 409, 416),
    },
)
async def fetch_export(
    request: Request[Any, Any, Any], app: App, export_id: Identity
) -> Response[Any]:
    """The file of an export, or the part of it that a Range header asks for, so that a download
    that broke off goes on where it was. 409 until it is ready, 404 once it has expired.
    """
    tasks = app.exports
    return export_file(request, tasks, await tasks.read(export_id))


async def _sent(
    request: Request[Any, Any, Any], app: Horarium, name: str, wish: Wish
) -> Response[Any]:
    tasks = app.exports
    async with app.database.connection() as connection:
        selection = await tasks.select(connection, name, wish.first, wish.last)
    check(wish.format, wish.style)
    if not wish.format.streams and selection.rows > AT_ONCE[wish.format]:
        return await _background(request, tasks, selection, wish)
    headers = {"Content-Disposition": attachment(download_name(selection, wish.format))}
    media_type = MEDIA_TYPES[wish.format]
    if _is_head(request):
        return Download(no_bytes(), nothing, media_type=media_type, headers=headers)
    if not wish.format.streams:
        content = await _content(app, selection, wish)
        return Response(content, media_type=media_type, headers=headers)
    outflow = Outflow(app.database, selection, wish.format, wish.style)
    await outflow.begin()
    return Download(aiter(outflow), outflow.close, media_type=media_type, headers=headers)


async def _background(
    request: Request[Any, Any, Any], tasks: ExportTasks, selection: Selection, wish: Wish
) -> Response[Any]:
    export = await tasks.request(selection, wish.format, wish.style)
    if export.state is ExportState.READY:
        return export_file(request, tasks, export)
    return _accepted(request, export)


async def _content(app: Horarium, selection: Selection, wish: Wish) -> bytes:
    """A file that is small enough to be held."""
    file = BytesIO()
    connection = await app.database.connect("horarium export", SESSION)
    try:
        await fill(connection, selection, wish.format, wish.style, file)
    finally:
        connection.terminate()
    return file.getvalue()


async def _made(
    request: Request[Any, Any, Any], app: Horarium, name: str, data: NewExport
) -> Response[ExportAccount]:
    tasks = app.exports
    style = CsvStyle(
        bom=data.bom, delimiter=data.delimiter, decimal=data.decimal, formulas=data.formulas
    )
    async with app.database.connection() as connection:
        selection = await tasks.select(
            connection, name, _day("from", data.first), _day("to", data.last)
        )
    return _accepted(request, await tasks.request(selection, data.format, style))


def _accepted(request: Request[Any, Any, Any], export: Export) -> Response[ExportAccount]:
    headers = {"Retry-After": "2"}
    return begun(request, _shown(request, export), f"/exports/{export.id}", **headers)


def _shown(request: Request[Any, Any, Any], export: Export) -> ExportAccount:
    names = set(ExportAccount.__struct_fields__) - {"href", "job_id"}
    is_ready = export.state is ExportState.READY
    return ExportAccount(
        **{name: getattr(export, name) for name in names},
        job_id=export.job,
        href=f"{root_of(request)}/exports/{export.id}/file" if is_ready else None,
    )


def _day(name: str, day: dt.date | None) -> dt.date | None:
    return None if day is None else checked_day(name, day)


def _is_head(request: Request[Any, Any, Any]) -> bool:
    return bool(request.scope.get("horarium_head"))


ROUTES = [
    export_order_report,
    export_report,
    make_order_report_export,
    make_report_export,
    read_export,
    fetch_export,
]
