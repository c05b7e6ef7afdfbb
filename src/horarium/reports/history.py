"""Former revisions: their rows, and what each of them changed.

The rows of a former revision are the current ones with what came later undone: of each key, the
first change since says what stood there. That is possible as long as all of those changes are kept
(`HORARIUM_KEEP_REVISIONS`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from horarium.database import Connection, statement
from horarium.errors import NotFound
from horarium.reports.archive import Row, columns_of, never_built, shown
from horarium.reports.column import Column, quoted
from horarium.reports.content import decoded, selected
from horarium.reports.definition import ORDER_REPORT
from horarium.reports.differences import FigureChange, figure_changes
from horarium.reports.merging import key_of
from horarium.reports.revision import Revision
from horarium.shop.cursors import limits, read, written
from horarium.shop.pages import window

_ORDER_CELLS = """array[
    r.order_id, r.count_product::text, r.total_amount::text, r.currency, r.by_hand::text
]"""


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """A row that a revision changed."""

    kind: Literal["added", "removed", "altered"]
    before: Row | None
    after: Row | None


class RevisionChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What a revision changed: figures, and a page of its rows.

    Attributes:
        kept: whether what it changed is still kept; `items` has nothing otherwise.
        total: the rows of all pages.
        next: the cursor of the changes after these.
    """

    revision: Revision
    columns: tuple[Column, ...]
    summary: dict[str, Any]
    figures: list[FigureChange]
    kept: bool
    items: list[Changed]
    total: int
    next: str | None


class RevisionRows(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the rows of a revision, also a former one."""

    revision: Revision
    columns: tuple[Column, ...]
    items: list[Row]
    total: int
    page: int
    count: int


async def revisions_of(connection: Connection, report: str, starts_at: datetime) -> list[Revision]:
    """The revisions of a period, newest first.

    Raises:
        NotFound: it was never built.
    """
    rows = await connection.fetch(statement(__package__, "revisions_of"), report, starts_at)
    if not rows:
        raise never_built(report, starts_at)
    return [_revision(row) for row in rows]


async def revision_changes(
    connection: Connection,
    report: str,
    starts_at: datetime,
    number: int,
    *,
    count: int = 100,
    cursor: str | None = None,
) -> RevisionChanges:
    """What a revision changed; a first one added all of its rows.

    Raises:
        NotFound: there is no such revision.
        InvalidInput: there is no such page, or the cursor is none of these.
    """
    limit, _ = limits(1, count, cursor)
    row = await _one_revision(connection, report, starts_at, number)
    columns = columns_of(report, row["columns"])
    place = read(cursor, tuple[int])[0] if cursor is not None else -1
    if _is_first(row):
        items, more = await _first_rows(connection, row, columns, max(place, 0), count)
        place = max(place, 0) + count
    else:
        rows = await _changes(connection, row, columns, place, limit)
        items = [_changed(each, columns, _former_columns(row, columns)) for each in rows[:count]]
        more = len(rows) > count
        place = rows[count - 1]["number"] if more else place
    return RevisionChanges(
        revision=_revision(row),
        columns=columns,
        summary=msgspec.json.decode(row["summary"]),
        figures=figure_changes(row["former_summary"], row["summary"]),
        kept=_is_first(row) or row["changes_kept"],
        items=items,
        total=row["rows_added"] + row["rows_removed"] + row["rows_altered"],
        next=written(place) if more else None,
    )


async def revision_rows(
    connection: Connection,
    report: str,
    starts_at: datetime,
    number: int,
    *,
    page: int = 1,
    count: int = 100,
) -> RevisionRows:
    """A page of the rows of a revision.

    Rows that were changed since stand where they stood, the others where they stand now.

    Raises:
        NotFound: there is no such revision, or what was changed since is not kept any more.
        InvalidInput: there is no such page.
    """
    limit, offset = window(page, count)
    row = await _one_revision(connection, report, starts_at, number)
    columns = columns_of(report, row["columns"])
    rows = await _rows_at(connection, row, columns, limit, offset)
    return RevisionRows(
        revision=_revision(row),
        columns=columns,
        items=[shown(each, columns) for each in rows],
        total=row["row_count"],
        page=page,
        count=count,
    )


async def _one_revision(
    connection: Connection, report: str, starts_at: datetime, number: int
) -> Any:
    row = None
    if 0 < number < 2**31:
        row = await connection.fetchrow(
            statement(__package__, "one_revision"), report, starts_at, number
        )
    if row is None:
        raise NotFound(
            f"the report {report} of {starts_at:%Y-%m-%dT%H:%M:%SZ} has no revision {number}"
        )
    return row


async def _rows_at(
    connection: Connection, row: Any, columns: Sequence[Column], limit: int, offset: int
) -> Sequence[Any]:
    if not row["is_reachable"]:
        raise NotFound(
            f"the rows of revision {row['revision']} are not kept any more: what changed since was "
            "forgotten (HORARIUM_KEEP_REVISIONS), or the report has another zone now"
        )
    if row["report"] == ORDER_REPORT.name:
        source, cells, key = "orders_as_rows", _ORDER_CELLS, "array[r.order_id]"
    else:
        source, cells = "rows_as_rows", "r.cells"
        key = key_of("r.cells", decoded(row["current_columns"]))
    present = statement(__package__, source).replace("/* cells */", cells).replace("/* key */", key)
    query = (
        statement(__package__, "rows_at")
        .replace("/* present */", present)
        .replace("/* columns */", ", ".join(selected(columns, columns, "found.cells")))
    )
    found: Sequence[Any] = await connection.fetch(
        query, row["report"], row["starts_at"], row["day"], row["revision"], limit, offset
    )
    return found


async def _first_rows(
    connection: Connection, row: Any, columns: Sequence[Column], offset: int, count: int
) -> tuple[list[Changed], bool]:
    if not row["is_reachable"]:
        return [], False
    rows = await _rows_at(connection, row, columns, count + 1, offset)
    items = [
        Changed(kind="added", before=None, after=shown(each, columns)) for each in rows[:count]
    ]
    return items, len(rows) > count


async def _changes(
    connection: Connection, row: Any, columns: Sequence[Column], place: int, limit: int
) -> Sequence[Any]:
    before = _former_columns(row, columns)
    chosen = [
        *(_named("before", each, number) for number, each in enumerate(before, 1)),
        *(_named("after", each, number) for number, each in enumerate(columns, 1)),
    ]
    query = statement(__package__, "changes_of").replace("/* columns */", ", ".join(chosen))
    found: Sequence[Any] = await connection.fetch(
        query, row["report"], row["starts_at"], row["revision"], place, limit
    )
    return found


def _named(side: str, column: Column, place: int) -> str:
    kind = "text" if column.type == "jsonb" else column.type
    return f"c.{side}[{place}]::{kind} as {quoted(f'{side} {column.name}')}"


def _changed(row: Any, columns: Sequence[Column], former: Sequence[Column]) -> Changed:
    if not row["was"]:
        return Changed(kind="added", before=None, after=shown(row, columns, "after "))
    before = shown(row, former, "before ")
    if not row["is"]:
        return Changed(kind="removed", before=before, after=None)
    return Changed(kind="altered", before=before, after=shown(row, columns, "after "))


def _is_first(row: Any) -> bool:
    """Whether the revision added all of its rows, of which then none is kept as a change."""
    others = row["rows_removed"] or row["rows_altered"]
    return row["revision"] == 1 and not others and row["rows_added"] == row["row_count"]


def _former_columns(row: Any, columns: Sequence[Column]) -> Sequence[Column]:
    former = row["former_columns"]
    return columns if former is None else decoded(former)


def _revision(row: Any) -> Revision:
    names = [name for name in Revision.__struct_fields__ if name != "changed"]
    return Revision(**{name: row[name] for name in names})
