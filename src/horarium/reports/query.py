"""Queries of reports: one reading statement with the period's bounds as parameters. Pure.

A query says `:start` and `:end`, or `$1` and `$2`, and whatever else its function gives with it.
What stands in literals, quoted names and comments is left alone. A query is never put together from
values: it is asked with parameters, or, where PostgreSQL takes none (COPY), with literals that are
made here of them.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from horarium.errors import InvalidInput
from horarium.reports.period import Period
from horarium.zones import zone_info

_TOKEN = re.compile(
    r"""
      (?P<literal> [eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*" )
    | (?P<dollar> \$(?P<tag>[^\W\d]\w*)?\$ .*? \$(?(tag)(?P=tag))\$ )
    | (?P<comment> --[^\n]* )
    | (?P<block> /\* )
    | (?P<cast> :: | := )
    | (?<![\w:\])]) : (?P<named> [^\W\d]\w* )
    | (?<![\w$]) \$ (?P<numbered> \d{1,5} )
    | (?P<end> ; )
    """,
    re.VERBOSE | re.DOTALL,
)
_READS = ("select", "with", "values", "table", "(")


class Query(msgspec.Struct, frozen=True):
    """A statement in pieces, with the name of a parameter between each two of them."""

    pieces: tuple[str, ...]
    names: tuple[str, ...]
    values: Mapping[str, Any]

    @property
    def used(self) -> list[str]:
        """The parameters by first appearance: the first is `$1`."""
        return list(dict.fromkeys(self.names))

    def numbered(self, before: int = 0, sign: str = "$") -> str:
        """The statement with `$1`, `$2`, … in the order of `used`, after `before` others."""
        places = {name: f"{sign}{place}" for place, name in enumerate(self.used, before + 1)}
        return self._joined(places)

    def with_literals(self, types: Sequence[str], zone: str) -> str:
        """The statement with its values written into it, for COPY, which takes no parameters.

        Args:
            types: the type that PostgreSQL takes each parameter of `used` for.
        """
        values = bound(self, types, zone)
        texts = {
            name: _literal(value, kind)
            for name, value, kind in zip(self.used, values, types, strict=True)
        }
        return self._joined(texts)

    def _joined(self, texts: Mapping[str, str]) -> str:
        parts = [self.pieces[0]]
        for name, piece in zip(self.names, self.pieces[1:], strict=True):
            parts += [texts[name], piece]
        return "".join(parts)


def bounds(period: Period) -> dict[str, Any]:
    """The parameters of every query: the period's bounds, first day and zone."""
    return {
        "start": period.starts_at, "end": period.ends_at, "day": period.day, "zone": period.zone,
        "1": period.starts_at, "2": period.ends_at,
    }  # fmt: skip


def query_of(answer: Any, period: Period) -> Query:
    """The query that a report's function gave for a period.

    Args:
        answer: a text; a text and a mapping of further parameters; or a select of SQLAlchemy.

    Raises:
        InvalidInput: it is none of these, does more than one thing, or has unknown parameters.
    """
    if hasattr(answer, "compile") and hasattr(answer, "selected_columns"):
        return _compiled(answer)
    values = bounds(period)
    if isinstance(answer, tuple) and len(answer) == 2 and isinstance(answer[1], Mapping):
        answer, more = answer
        values |= {str(name): value for name, value in more.items()}
    if not isinstance(answer, str):
        raise InvalidInput(
            "query", f"the function gave a {type(answer).__name__}; it gives SQL as text, a text "
            "and a mapping of parameters, or a select of SQLAlchemy"
        )  # fmt: skip
    return parsed(answer, values)


def parsed(text: str, values: Mapping[str, Any]) -> Query:
    """A query in pieces.

    Raises:
        InvalidInput: it is not one reading statement, or has a parameter without a value.
    """
    pieces, names = [""], list[str]()
    bare = [""]
    ended = False
    for kind, piece in _tokens(text):
        if kind == "comment":
            pieces[-1] += " "
            continue
        if ended and piece.strip():
            raise InvalidInput("query", "it has more than one statement; a report has one select")
        if kind == "end":
            ended = True
        elif kind == "parameter":
            if piece not in values:
                raise InvalidInput("query", _unknown(piece, values))
            names.append(piece)
            pieces.append("")
        else:
            pieces[-1] += piece
            bare.append(piece)
    begins = "".join(bare).lstrip().lower()
    if not begins.startswith(_READS):
        raise InvalidInput(
            "query", f"it begins with {begins[:20]!r}; a report's query only reads: select or with"
        )
    return Query(tuple(pieces), tuple(names), {name: values[name] for name in names})


def bound(query: Query, types: Sequence[str], zone: str) -> list[Any]:
    """The values of the parameters in the order of `used`, as PostgreSQL takes them.

    An instant becomes what it is compared with: the local time of the report's zone where that is a
    `timestamp`, the local day where it is a `date`.

    Raises:
        InvalidInput: a parameter is taken for a type that its value does not fit.
    """
    values = [query.values[name] for name in query.used]
    return [
        _fitting(name, value, kind, zone_info(zone))
        for name, value, kind in zip(query.used, values, types, strict=True)
    ]


def _fitting(name: str, value: Any, kind: str, zone: ZoneInfo) -> Any:
    if kind in ("text", "varchar", "bpchar", "unknown"):
        return value.isoformat() if isinstance(value, date) else str(value)
    if not isinstance(value, date):
        return value
    if isinstance(value, datetime) and value.tzinfo is not None:
        local = value.astimezone(zone).replace(tzinfo=None)
        choices = {"timestamptz": value, "timestamp": local, "date": local.date()}
    elif isinstance(value, datetime):
        choices = {"timestamptz": value.replace(tzinfo=zone), "timestamp": value,
                   "date": value.date()}  # fmt: skip
    else:
        midnight = datetime(value.year, value.month, value.day)  # noqa: DTZ001 - of the zone
        choices = {"date": value, "timestamp": midnight,
                   "timestamptz": midnight.replace(tzinfo=zone)}  # fmt: skip
    if kind not in choices:
        raise InvalidInput(
            "query", f"the parameter {name} is taken for a {kind} there; compare it with a time or "
            "a day, or write a cast such as :start::timestamptz"
        )  # fmt: skip
    return choices[kind]


def _literal(value: Any, kind: str) -> str:
    if value is None:
        return f"null::{kind}"
    if isinstance(value, date):
        value = value.isoformat()
    text = str(value)
    if "\0" in text:
        raise InvalidInput("query", "a parameter has the character NUL")
    # Read with standard_conforming_strings on, where a backslash is one.
    return "'" + text.replace("'", "''") + f"'::{kind}"


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """What the text is made of: `text`, `literal`, `comment`, `parameter`, `end`."""
    place = 0
    while found := _TOKEN.search(text, place):
        if found.start() > place:
            yield "text", text[place : found.start()]
        place = found.end()
        if found["block"]:
            place = _end_of_comment(text, found.start())
            yield "comment", ""
        elif found["comment"]:
            yield "comment", ""
        elif found["named"] or found["numbered"]:
            yield "parameter", found["named"] or str(int(found["numbered"]))
        elif found["end"]:
            yield "end", ""
        else:
            yield "literal", found[0]
    yield "text", text[place:]


def _end_of_comment(text: str, start: int) -> int:
    """Where a comment ends; they nest."""
    depth = 0
    for found in re.finditer(r"/\*|\*/", text[start:]):
        depth += 1 if found[0] == "/*" else -1
        if depth == 0:
            return start + found.end()
    raise InvalidInput("query", "it has a comment /* that does not end")


def _unknown(name: str, values: Mapping[str, Any]) -> str:
    sign = f"${name}" if name.isdecimal() else f":{name}"
    known = ", ".join(f":{each}" for each in values if not each.isdecimal())
    return f"it has the parameter {sign}; there is {known} (or $1 and $2: start and end)"


def _compiled(select: Any) -> Query:
    """A select of SQLAlchemy, with the values that it was made with."""
    from sqlalchemy.dialects.postgresql.asyncpg import dialect

    made: Callable[[], Any] = dialect
    compiled = select.compile(dialect=made(), compile_kwargs={"render_postcompile": True})
    order = compiled.positiontup or []
    return parsed(
        compiled.string,
        {str(place): compiled.params[name] for place, name in enumerate(order, 1)},
    )
