"""What the routes of exports take and show."""

import datetime as dt
from typing import Annotated, Literal

import msgspec

from horarium.exports import ExportState, Format


class NewExport(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    kw_only=True,
    rename={"first": "from", "last": "to"},
):
    """An export to be made in the background; bom, delimiter, decimal and formulas are of csv."""

    format: Format
    first: Annotated[dt.date, msgspec.Meta(description="The first day")] | None = None
    last: Annotated[dt.date, msgspec.Meta(description="The last day, included")] | None = None
    bom: bool = True
    delimiter: Literal["comma", "semicolon", "tab"] = "comma"
    decimal: Literal["point", "comma"] = "point"
    formulas: Literal["text", "raw"] = "text"


class ExportAccount(
    msgspec.Struct, frozen=True, kw_only=True, rename={"first": "from", "last": "to"}
):
    """An export that is made in the background. `href` is its file, once it is ready; `progress` is
    0 to 1.
    """

    id: str
    report: str
    format: Format
    first: dt.date
    last: dt.date
    state: ExportState
    progress: float
    rows_expected: int
    rows: int | None
    size: int | None
    href: str | None
    job_id: str
    created_at: dt.datetime
    ready_at: dt.datetime | None
    expires_at: dt.datetime | None
    error: str | None
