"""Reviews from a file of Olist's, all or nothing, as often as wanted.

A review is known by its id and its order's together: Olist has ids that occur twice. It is linked
to its order where that is in the shop; where it is not yet, importing the file again after the
orders links it. Its day is the one that Olist counts it by, `review_creation_date`. What is new or
has another text is still to be scored, and is named in the answer.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from horarium.database import Connection, statement
from horarium.errors import InvalidInput
from horarium.shop.imports import fields
from horarium.shop.imports.lines import unbroken
from horarium.shop.imports.mapping import BadField, check_width
from horarium.shop.imports.records import Record, Records
from horarium.shop.imports.rejects import BadLine, Rejects
from horarium.shop.imports.source import Source
from horarium.shop.profiles import known_zone
from horarium.shop.reviews import LONGEST_REVIEW
from horarium.shop.texts import checked_text
from horarium.zones import zone_info

OLIST = "olist-reviews"
_HEADER = (
    "review_id",
    "order_id",
    "review_score",
    "review_comment_title",
    "review_comment_message",
    "review_creation_date",
    "review_answer_timestamp",
)
_STAGED = ("id", "order_id", "rating", "text", "written_at", "position")
_BLOCK = 5000


class ImportedReviews(msgspec.Struct, frozen=True, kw_only=True):
    """What a file held (`lines` kept, `bad` ones left out), and what that changed.

    Attributes:
        without_order: reviews whose order is not in the shop.
        unscored: the texts that are to be scored: ids and versions.
    """

    lines: int
    bad: int
    added: int
    changed: int
    without_order: int
    unscored: list[tuple[str, int]]


async def import_reviews(
    connection: Connection,
    path: Path,
    *,
    zone: str = "America/Sao_Paulo",
    skip_bad: Path | None = None,
) -> ImportedReviews:
    """Keep the reviews of a file: new ones are added, those that differ altered.

    Args:
        connection: the import is part of its transaction, or one of its own if there is none.
        path: ``olist_order_reviews_dataset.csv``, plain or compressed with gzip or xz.
        zone: the zone of the file's local times.
        skip_bad: a file for the lines that cannot be read; the others are then kept.

    Raises:
        BadLines: some lines cannot be read, and `skip_bad` is not given.
        InvalidInput: the file as a whole, or an argument, cannot be used. Nothing was kept.
    """
    local = zone_info(known_zone("zone", zone))
    with Source(path) as source, Rejects(path, skip_bad) as rejects:
        rows = _Rows(path, Records(source.lines()), local, rejects)
        async with connection.transaction():
            await connection.execute(statement(__package__, "stage_reviews"))
            await _copy(connection, rows)
            if rejects.forbids:
                raise rejects.refusal()
            merged = await connection.fetch(statement(__package__, "merge_reviews"))
            alone = await connection.fetchval(statement(__package__, "count_without_order"))
    return ImportedReviews(
        lines=rows.kept,
        bad=rejects.total,
        added=sum(row["is_new"] for row in merged),
        changed=sum(not row["is_new"] for row in merged),
        without_order=alone,
        unscored=[(row["id"], row["text_version"]) for row in merged if row["is_unscored"]],
    )


async def _copy(connection: Connection, rows: "_Rows") -> None:
    for block in rows.blocks():
        await connection.copy_records_to_table("import_reviews", columns=_STAGED, records=block)


class _Rows:
    """The rows of a file as they are staged; what cannot be read goes to the rejects."""

    def __init__(self, path: Path, records: Records, zone: ZoneInfo, rejects: Rejects) -> None:
        self._path = path
        self._records = iter(records)
        self._time = fields.local_time(zone)
        self._rejects = rejects
        self.kept = 0

    def blocks(self) -> Iterator[list[tuple[object, ...]]]:
        header = next(self._records, None)
        if header is None or tuple(header.fields) != _HEADER:
            reason = f"its first line is not Olist's: {','.join(_HEADER)}"
            raise InvalidInput(str(self._path), reason)
        block: list[tuple[object, ...]] = []
        for record in self._records:
            row = self._row(record)
            if row is not None:
                block.append(row)
            if len(block) == _BLOCK:
                yield block
                block = []
        yield block

    def _row(self, record: Record) -> tuple[object, ...] | None:
        try:
            values = unbroken(record)
            check_width(values, len(_HEADER))
            row = _staged(values, self._time, self.kept + 1)
        except BadField as bad:
            self._rejects.add(BadLine(record.number, bad.column, bad.reason), record.fields)
            return None
        self.kept += 1
        return row


def _staged(
    values: Sequence[str], time: fields.Reader, position: int
) -> tuple[str, str, int, str | None, str, int]:
    review, order = (_read(column, fields.identifier, values) for column in _HEADER[:2])
    rating = _read("review_score", fields.quantity, values)
    if rating not in ("1", "2", "3", "4", "5"):
        raise BadField("review_score", f"{fields.shown(rating)} is no rating; it takes 1 to 5")
    parts = [_read(column, fields.text, values) for column in _HEADER[3:5]]
    text = "\n".join(part for part in parts if part) or None
    if text is not None:
        try:
            checked_text("review_comment_message", text, LONGEST_REVIEW)
        except InvalidInput as error:
            raise BadField(error.field, error.reason) from None
    written_at = _read("review_creation_date", time, values)
    return f"{review}:{order}", order, int(rating), text, written_at, position


def _read(column: str, read: fields.Reader, values: Sequence[str]) -> str:
    try:
        return read(values[_HEADER.index(column)])
    except ValueError as error:
        raise BadField(column, str(error)) from None
