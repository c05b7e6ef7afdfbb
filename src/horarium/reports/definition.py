"""Definitions: what a report is called, how often it is due, and what its rows are.

The order report is built by a statement of its own. Every other one has a query: a function of the
period that gives SQL (`horarium.reports.query`), declared with `@app.report` or read from a file.
"""

import inspect
import re
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from horarium.errors import InvalidInput, NotFound
from horarium.reports.check import Check, check_of
from horarium.reports.column import Column, declared
from horarium.reports.period import EVERY, Every, Period, checked_zone
from horarium.reports.promise import checked_ready_by

TIMEOUT = 600.0
"""Seconds that a report's query may take, unless its definition says otherwise."""
LONGEST_TIMEOUT = 86_400.0
TAKEN = frozenset({"all", "promises"})
"""Names that addresses use for something else."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


class Definition(msgspec.Struct, frozen=True):
    """A report.

    Attributes:
        name: its name in schedules, addresses and tables.
        every: its period.
        zone: the zone whose hours or days it counts; None is the shop's.
        statement: of a report without a query, the building statement, `sql/<statement>.sql`. It
            takes the period's start, end and first day, the report's name and the time (null:
            now), merges the period's rows, and answers with what it changed and the figures, all
            from one snapshot (`build.Merge`).
        query: gives the query of a period (`query.query_of`).
        columns: as they were declared; None: those that the query has.
        key: names of the columns that tell its rows apart; none: the whole row does.
        checks: what has to hold of its rows.
        source: the name of the database that its query is asked of; None is Horarium's own.
        timeout: seconds that its query may take.
        place: where it was defined, for messages.
        reads: tables whose changes make it be built again; `shop.orders` is the one watched.
        ready_by: the promise when a period is ready; see `horarium.reports.promise`.
    """

    name: str
    every: Every = "day"
    zone: str | None = None
    statement: str = "build_orders"
    query: Callable[[Period], Any] | None = None
    columns: tuple[Column, ...] | None = None
    key: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    source: str | None = None
    timeout: float = TIMEOUT
    place: str | None = None
    reads: tuple[str, ...] = ()
    ready_by: str | None = None


WATCHED = "shop.orders"
"""The table whose changes are noted; its items belong to it."""

ORDER_REPORT = Definition("orders", reads=(WATCHED,))
"""One row an order: item lines and amount."""

_BUILT_IN = {ORDER_REPORT.name: ORDER_REPORT}


def definition_of(report: str | Definition) -> Definition:
    """The definition, given itself or its name.

    Raises:
        NotFound: no report has this name.
    """
    if isinstance(report, Definition):
        return report
    if report not in _BUILT_IN:
        raise NotFound(f"there is no report {report[:100]!r}; there is {', '.join(_BUILT_IN)}")
    return _BUILT_IN[report]


def name_of(report: str | Definition) -> str:
    """The name of a report, given its definition or itself."""
    return report.name if isinstance(report, Definition) else report


def defined(
    name: str,
    query: Callable[[Period], Any],
    *,
    every: str = "day",
    zone: str | None = None,
    columns: str | Iterable[str] | None = None,
    key: str | Iterable[str] = (),
    checks: str | Iterable[str] = (),
    source: str | None = None,
    timeout: float = TIMEOUT,
    reads: str | Iterable[str] = (),
    ready_by: str | None = None,
    place: str | None = None,
) -> Definition:
    """A definition of what a user wrote.

    Raises:
        InvalidInput: something of it cannot be used.
    """
    if not _NAME.fullmatch(name) or name in TAKEN:
        raise InvalidInput(
            "name", f"{name[:100]!r} cannot be used; it takes 1 to 100 letters, digits, _, . or -"
        )
    if every not in EVERY:
        raise InvalidInput("every", f"{every!r} is no period; it takes {', '.join(EVERY)}")
    if not 0 < timeout <= LONGEST_TIMEOUT:
        raise InvalidInput("timeout", f"it takes seconds up to {LONGEST_TIMEOUT:.0f}")
    if ready_by is not None:
        checked_ready_by(ready_by, every)
    typed = None if columns is None else declared(columns)
    keys = _names(key)
    conditions = tuple(map(check_of, [checks] if isinstance(checks, str) else checks))
    _check_columns(typed, keys, conditions)
    return Definition(
        name=name,
        every=every,
        zone=None if zone is None else checked_zone(zone),
        query=query,
        columns=typed,
        key=keys,
        checks=conditions,
        source=source,
        timeout=timeout,
        reads=_watched(reads, source),
        ready_by=ready_by,
        place=place,
    )


def declared_by(function: Callable[..., Any], name: str, **how: Any) -> Definition:
    """The definition of a function in Python.

    Raises:
        InvalidInput: something of it cannot be used; the field is the function's file and line.
    """
    code = getattr(function, "__code__", None)
    place = f"{code.co_filename}:{code.co_firstlineno}" if code else repr(function)
    try:
        _check_function(function)
        _check_fields(how)
        return defined(name, function, place=place, **how)
    except InvalidInput as error:
        raise InvalidInput(place, str(error)) from None


def _check_function(function: Callable[..., Any]) -> None:
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        raise InvalidInput("function", "it gives SQL, and so is a plain function: def, not async")
    try:
        inspect.signature(function).bind(None)
    except TypeError:
        raise InvalidInput("function", "it takes one argument: the period") from None


def _check_fields(how: Iterable[str]) -> None:
    taken = sorted(inspect.signature(defined).parameters.keys() - {"name", "query", "place"})
    for field in how:
        if field not in taken:
            raise InvalidInput(field, f"a report takes no such thing; it takes {', '.join(taken)}")


def _watched(reads: str | Iterable[str], source: str | None) -> tuple[str, ...]:
    tables = tuple(reads.split(",")) if isinstance(reads, str) else tuple(reads)
    tables = tuple(table.strip() for table in tables if table.strip())
    if any(table != WATCHED for table in tables) or (tables and source is not None):
        said = f"{', '.join(tables)[:100]!r} is not watched"
        reason = f"{said}; of Horarium's own database it takes {WATCHED}, with its items"
        raise InvalidInput("reads", reason)
    return tables


def _names(text: str | Iterable[str]) -> tuple[str, ...]:
    parts = text.split(",") if isinstance(text, str) else text
    names = tuple(part.strip().strip('"') for part in parts if part.strip())
    if len(set(names)) < len(names):
        raise InvalidInput("key", f"{', '.join(names)}: a column is named twice")
    return names


def _check_columns(
    columns: tuple[Column, ...] | None, key: Iterable[str], checks: Iterable[Check]
) -> None:
    """Refuse names that no declared column has, as early as they can be."""
    if columns is None:
        return
    names = [column.name for column in columns]
    for name in key:
        if name not in names:
            raise InvalidInput("key", f"there is no column {name!r}; there is {', '.join(names)}")
    for check in checks:
        if check.column is not None and check.column not in names:
            raise InvalidInput(
                "check", f"{check.text!r}: no column {check.column!r}; there is {', '.join(names)}"
            )
