"""Merging: what stands in `rows` becomes a period's rows, and what that changes is kept.

Rows are compared by their key: the declared columns, or the whole row, of which equal ones are
counted. Everything is done by statements over whole periods: a full join of what was and what is
finds the difference; it alone is written. Where nothing but the order of the rows differs, nothing
is. Rows that were kept with other columns, or another key, are compared by the key that they had:
undoing the changes, newest first, gives the former rows again whatever the keys were.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from horarium.database import Connection, statement
from horarium.errors import HorariumError
from horarium.reports.check import Comparison
from horarium.reports.column import NUMBERS, Column, quoted
from horarium.reports.content import decoded
from horarium.reports.definition import Definition
from horarium.reports.period import Period
from horarium.reports.query import bound, bounds, parsed
from horarium.reports.staging import (
    POSITION,
    TABLE,
    Staged,
    Unbuildable,
    explained,
    reading_only,
)

_OUGHT: Mapping[Comparison, str] = {
    "over": "be over", "at least": "be at least", "equals": "equal"
}  # fmt: skip


class CheckFailed(HorariumError):
    """A check does not hold of the rows that were to become current; the former ones stay."""


class RowFigures(msgspec.Struct, frozen=True):
    """The summary of a revision: how many rows, and the sum of each column of exact numbers."""

    rows: int
    totals: dict[str, Decimal]


class Difference(msgspec.Struct, frozen=True):
    """How many rows are others than before; none are where it was built for the first time."""

    added: int
    removed: int
    altered: int

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.altered)


async def row_figures(connection: Connection, staged: Staged) -> RowFigures:
    """The figures of the rows that stand in the temporary table.

    Raises:
        Unbuildable: a value is no date that can be kept, or rows have the same key.
    """
    summed = [column for column in staged.columns if column.type in NUMBERS and not column.key]
    sums = "".join(f", coalesce(sum({quoted(column.name)}), 0)::text" for column in summed)
    row = await connection.fetchrow(
        f"select count(*), count(*) filter (where {_wrong_times(staged.columns)}){sums} "
        f"from pg_temp.{TABLE}"
    )
    if row[1]:
        raise Unbuildable(
            f"{row[1]} rows have a time that cannot be kept: infinite, or not of the years 1 to "
            "9999"
        )
    await _check_key(connection, staged.columns)
    totals = {column.name: Decimal(value) for column, value in zip(summed, row[2:], strict=True)}
    return RowFigures(row[0], totals)


async def verify(
    connection: Connection,
    definition: Definition,
    period: Period,
    staged: Staged,
    figures: RowFigures,
) -> None:
    """Hold the rows against the definition's checks.

    Raises:
        CheckFailed: one does not hold; it says which, and with what numbers.
        Unbuildable: one cannot be asked.
    """
    for check in definition.checks:
        if check.of == "truth":
            await _verify_truth(connection, definition, period, check.query or "", check.text)
            continue
        if check.of == "count":
            found = Decimal(figures.rows)
        else:
            found = await _sum(connection, staged.columns, check.column or "", check.text)
        wanted = check.number
        if wanted is None:
            wanted = staged.numbers[check] or Decimal(0)
        if not check.holds(found, wanted):
            raise CheckFailed(
                f"the report {definition.name} of {period.label} failed its check '{check.text}': "
                f"it is {found:f}, and has to {_OUGHT[check.comparison]} {wanted:f}"
            )


async def differ(
    connection: Connection,
    report: str,
    period: Period,
    columns: Sequence[Column],
    kept: bytes,
) -> Difference:
    """Find what differs from the current rows, into the temporary table `difference`."""
    await connection.execute(statement(__package__, "make_difference"))
    fresh = f"array[{', '.join(f'{quoted(each.name)}::text' for each in columns)}]"
    former, present = key_of("r.cells", decoded(kept)), key_of("cells", columns)
    query = (
        statement(__package__, "difference")
        .replace("/* position */", POSITION)
        .replace("/* cells */", fresh)
        .replace("/* former key */", former)
        .replace("/* key */", present)
    )
    row = await connection.fetchrow(query, report, period.starts_at)
    return Difference(*row)


async def replace_rows(connection: Connection, report: str, period: Period) -> None:
    """Make the current rows what the difference says, their order too."""
    await connection.execute(statement(__package__, "remove_rows"), report, period.starts_at)
    await connection.execute(statement(__package__, "add_rows"), report, period.starts_at)


async def add_first_rows(
    connection: Connection, report: str, period: Period, columns: Sequence[Column]
) -> None:
    """Make the rows those of a period that has none."""
    fresh = f"array[{', '.join(f'{quoted(each.name)}::text' for each in columns)}]"
    query = (
        statement(__package__, "add_first_rows")
        .replace("/* position */", POSITION)
        .replace("/* cells */", fresh)
    )
    await connection.execute(query, report, period.starts_at)


async def keep_changes(connection: Connection, report: str, period: Period, revision: int) -> None:
    """Keep what a revision changed."""
    await connection.execute(
        statement(__package__, "keep_changes"), report, period.starts_at, revision
    )


def key_of(cells: str, columns: Sequence[Column]) -> str:
    """The key of a row as an expression over its cells."""
    places = [place for place, column in enumerate(columns, 1) if column.key]
    if places:
        return f"array[{', '.join(f'{cells}[{place}]' for place in places)}]"
    number = f"row_number() over (partition by {cells})"
    return f"{cells} || array[{number}::text]"


def _wrong_times(columns: Sequence[Column]) -> str:
    tests = [
        f"not isfinite({quoted(column.name)}) or extract(year from {quoted(column.name)}) "
        "not between 1 and 9999"
        for column in columns
        if column.type in ("date", "timestamp", "timestamptz")
    ]
    return " or ".join(tests) or "false"


async def _check_key(connection: Connection, columns: Sequence[Column]) -> None:
    key = [quoted(column.name) for column in columns if column.key]
    if not key:
        return
    names = ", ".join(key)
    row = await connection.fetchrow(
        f"select count(*) over (), (array[{', '.join(f'{name}::text' for name in key)}])::text "
        f"from pg_temp.{TABLE} group by {names} having count(*) > 1 limit 1"
    )
    if row is not None:
        raise Unbuildable(
            f"the key {names} does not tell its rows apart: {row[0]} keys have more than one row, "
            f"such as {row[1][:200]}"
        )


async def _verify_truth(
    connection: Connection, definition: Definition, period: Period, text: str, written: str
) -> None:
    with explained(definition, f"the check '{written[:200]}'"):
        query = parsed(text, bounds(period))
        wrapped = f"select (\n{query.numbered()}\n)"
        prepared = await connection.prepare(wrapped)
        kinds = [kind.name for kind in prepared.get_parameters()]
        async with reading_only(connection, period.zone, definition.timeout):
            found: Any = await connection.fetchval(wrapped, *bound(query, kinds, period.zone))
    if found is not True:
        raise CheckFailed(
            f"the report {definition.name} of {period.label} failed its check '{written[:200]}': "
            f"it gives {found!r}, and has to give true"
        )


async def _sum(
    connection: Connection, columns: Sequence[Column], name: str, written: str
) -> Decimal:
    if name not in [column.name for column in columns]:
        raise Unbuildable(f"the check '{written}': the report has no column {name!r}")
    found: Decimal = await connection.fetchval(
        f"select coalesce(sum({quoted(name)}::numeric), 0) from pg_temp.{TABLE}"
    )
    return found
