"""The file of an export as an answer, whole or in part."""

from typing import Any

from litestar import Request, Response

from horarium.errors import Conflict, NotFound
from horarium.exports import MEDIA_TYPES, Export, ExportState, ExportTasks
from horarium.exports.shelf import named
from horarium.web.downloads import Download, no_bytes, nothing, wanted_range


def export_file(
    request: Request[Any, Any, Any], tasks: ExportTasks, export: Export
) -> Response[Any]:
    """The answer with the file of an export, or with the part that a Range header asks for.

    Raises:
        NotFound: it expired, or was lost.
        Conflict: it is not ready, or never will be.
        HTTPException: 416: there is no such part.
    """
    if export.state is not ExportState.READY or export.size is None:
        raise _not_here(export)
    size = export.size
    etag = f'"{export.id}"'
    span = f"{export.first}" if export.first == export.last else f"{export.first}-{export.last}"
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Disposition": attachment(named(export.report, span, export.format)),
        "ETag": etag,
    }
    asked = request.headers.get("range")
    if request.headers.get("if-range", etag) != etag:
        asked = None
    part = wanted_range(asked, size)
    first, end = part or (0, size)
    if part is not None:
        headers["Content-Range"] = f"bytes {first}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - first)
    content = (
        no_bytes() if request.scope.get("horarium_head") else tasks.content(export, first, end)
    )
    return Download(
        content,
        nothing,
        media_type=MEDIA_TYPES[export.format],
        status_code=200 if part is None else 206,
        headers=headers,
    )


def _not_here(export: Export) -> Exception:
    match export.state:
        case ExportState.EXPIRED if export.error is not None:
            return NotFound(f"the export {export.id} has no file any more: {export.error}")
        case ExportState.EXPIRED:
            return NotFound(f"the export {export.id} expired at {export.expires_at:%Y-%m-%d %H:%M}")
        case ExportState.FAILED | ExportState.CANCELLED:
            reason = export.error or "its job says why"
            return Conflict(f"the export {export.id} has no file: it {export.state}: {reason}")
    return Conflict(f"the export {export.id} is not ready: it is {export.state}")


def attachment(name: str) -> str:
    """The header that has a browser save a file under a name of letters, digits, dots, dashes."""
    return f'attachment; filename="{name}"'
