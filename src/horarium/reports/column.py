"""Columns: what the cells of a report's rows are. Pure.

Values are kept exactly, and so each type has one text: that of PostgreSQL, with times in UTC. A
`numeric` keeps its digits, also trailing zeros; a declared `numeric(10,2)` rounds to its scale,
half away from zero, which is how a source's floats become money.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Literal, get_args

import msgspec

from horarium.errors import InvalidInput

Kind = Literal[
    "boolean", "integer", "bigint", "numeric", "double precision", "text", "date", "time",
    "timestamp", "timestamptz", "uuid", "jsonb",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
NUMBERS: frozenset[Kind] = frozenset({"integer", "bigint", "numeric"})
"""Kinds that are added up exactly."""

LONGEST_NAME = 63
MOST_COLUMNS = 500
PERIOD = "period"
"""The column that says which period a streamed row is of."""

_KIND_OF: dict[str, Kind] = {
    "bool": "boolean", "int2": "integer", "int4": "integer", "int8": "bigint",
    "numeric": "numeric", "float4": "double precision", "float8": "double precision",
    "text": "text", "varchar": "text", "bpchar": "text", "name": "text", "char": "text",
    "date": "date", "time": "time", "timestamp": "timestamp", "timestamptz": "timestamptz",
    "uuid": "uuid", "json": "jsonb", "jsonb": "jsonb",
}  # fmt: skip
_WORDS: dict[str, Kind] = {
    **_KIND_OF,
    **{kind: kind for kind in KINDS},
    "int": "integer", "smallint": "integer", "decimal": "numeric", "float": "double precision",
    "real": "double precision", "character varying": "text", "varchar": "text",
    "timestamp with time zone": "timestamptz", "timestamp without time zone": "timestamp",
}  # fmt: skip
_DECLARED = re.compile(r'\s*(?:"([^"]+)"|([^\W\d]\w*))\s+([a-z][a-z0-9 ]*?)\s*(?:\(([^()]*)\))?\s*')


class Column(msgspec.Struct, frozen=True, omit_defaults=True):
    """A column of a report.

    Attributes:
        type: of its values.
        precision, scale: of a `numeric` that was declared with them.
        key: it is one of those that tell the rows apart.
    """

    name: str
    type: Kind
    precision: int | None = None
    scale: int | None = None
    key: bool = False

    @property
    def sql(self) -> str:
        """The type as PostgreSQL writes it."""
        if self.precision is None:
            return self.type
        return f"{self.type}({self.precision},{self.scale or 0})"


def kind_of(type_name: str) -> Kind:
    """The kind of a type of PostgreSQL; values of types not known here are kept as text."""
    return _KIND_OF.get(type_name, "text")


def quoted(name: str) -> str:
    """A name as an identifier in SQL."""
    return '"' + name.replace('"', '""') + '"'


def declared(text: str | Iterable[str]) -> tuple[Column, ...]:
    """The columns of a declaration, such as ``day date, value numeric(10,2)``.

    Raises:
        InvalidInput: it cannot be read.
    """
    parts = _parts(text) if isinstance(text, str) else list(text)
    return checked([_column(part) for part in parts])


def checked(columns: Sequence[Column]) -> tuple[Column, ...]:
    """The columns, if a report can have them.

    Raises:
        InvalidInput: there are none or too many, or a name is missing, long, doubled or taken.
    """
    if not 1 <= len(columns) <= MOST_COLUMNS:
        raise InvalidInput("columns", f"{len(columns)} columns; a report has 1 to {MOST_COLUMNS}")
    seen = set[str]()
    for column in columns:
        name = column.name
        if not name or name == "?column?" or not name.isprintable():
            raise InvalidInput("columns", f"a column has no usable name ({name!r}); use: … as name")
        if len(name.encode()) > LONGEST_NAME:
            raise InvalidInput("columns", f"{name!r} is longer than {LONGEST_NAME} bytes")
        if name == PERIOD or name.startswith("horarium_"):
            raise InvalidInput("columns", f"{name!r} is taken: it is Horarium's; use another name")
        if name in seen:
            raise InvalidInput("columns", f"two columns are called {name!r}")
        seen.add(name)
    return tuple(columns)


def _parts(text: str) -> list[str]:
    """What stands between the commas that are not in parentheses or quotes."""
    return [part for part in re.findall(r'(?:"[^"]*"|\([^)]*\)|[^,])+', text) if part.strip()]


def _column(text: str) -> Column:
    takes = f"it takes a name and a type, such as value numeric(10,2); types: {', '.join(KINDS)}"
    found = _DECLARED.fullmatch(text.strip())
    kind = _WORDS.get(" ".join(found[3].split())) if found else None
    if found is None or kind is None:
        raise InvalidInput("columns", f"{text.strip()!r} is no column; {takes}")
    name = found[1] or found[2]
    if found[4] is None:
        return Column(name, kind)
    if kind != "numeric" or not re.fullmatch(r"\s*\d{1,4}\s*(,\s*\d{1,4}\s*)?", found[4]):
        raise InvalidInput("columns", f"{text.strip()!r}: only numeric takes (digits,decimals)")
    precision, _, scale = found[4].partition(",")
    column = Column(name, kind, int(precision), int(scale or 0))
    if not 1 <= int(precision) <= 1000 or int(scale or 0) > int(precision):
        raise InvalidInput("columns", f"{text.strip()!r}: digits are 1 to 1000, decimals fewer")
    return column
