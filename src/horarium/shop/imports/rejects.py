"""The lines that cannot be read: counted, the first of them kept, and all written where asked.

The file of bad lines appears whole or not at all: it is written beside its name and moved there
when the import has come to its end.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import msgspec

from horarium.errors import InvalidInput

SHOWN = 20
HEADER = ("line", "column", "reason")


class BadLine(msgspec.Struct, frozen=True):
    """A line that cannot be read: its physical number, the column at fault, and why.

    `path` is given where an import has several files.
    """

    line: int
    column: str | None
    reason: str
    path: Path | None = None

    def __str__(self) -> str:
        where = f"line {self.line}" + (f", column {self.column}" if self.column else "")
        return f"{where}: {self.reason}"


class BadLines(InvalidInput):
    """A file has lines that cannot be read, and nothing of it was kept.

    Attributes:
        path: the file.
        bad: the first of its bad lines, at most `SHOWN`.
        total: how many there are.
    """

    def __init__(self, path: Path, bad: Sequence[BadLine], total: int) -> None:
        listed = "".join(f"\n  {line.path or path}, {line}" for line in bad)
        more = f"\n  and {total - len(bad)} more" if total > len(bad) else ""
        lines = "1 line cannot be read" if total == 1 else f"{total} lines cannot be read"
        super().__init__(str(path), f"{lines}, so nothing of it was kept.{listed}{more}")
        self.path = path
        self.bad = tuple(bad)
        self.total = total


class Rejects:
    """Takes the bad lines of one file.

    Raises:
        InvalidInput: on entering, when the file for bad lines cannot be written.
    """

    def __init__(self, source: Path, target: Path | None) -> None:
        self._source = source
        self._target = target
        self._first: list[BadLine] = []
        self._out: IO[str] | None = None
        self.total = 0

    def __enter__(self) -> Self:
        if self._target is not None:
            self._out = self._opened(self._target)
            self._write(HEADER)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._target is None or self._out is None:
            return
        self._out.close()
        if error is None:
            _beside(self._target).replace(self._target)
        else:
            _beside(self._target).unlink(missing_ok=True)

    @property
    def forbids(self) -> bool:
        """Whether nothing of the file may be kept: it has bad lines and nobody takes them."""
        return self.total > 0 and self._target is None

    def add(self, bad: BadLine, record: Sequence[str]) -> None:
        """Take one bad line, with the fields it has."""
        self.total += 1
        if len(self._first) < SHOWN:
            self._first.append(bad)
        where = str(bad.line) if bad.path is None else f"{bad.path.name}:{bad.line}"
        self._write((where, bad.column or "", bad.reason, *record))

    def refusal(self) -> BadLines:
        """The error that names the bad lines."""
        return BadLines(self._source, self._first, self.total)

    def _write(self, row: Sequence[str]) -> None:
        if self._out is not None:
            csv.writer(self._out).writerow(row)

    def _opened(self, target: Path) -> IO[str]:
        if target.is_dir() or (target.exists() and target.samefile(self._source)):
            raise InvalidInput(str(target), "bad lines go to a file of their own; name another")
        try:
            return _beside(target).open("w", encoding="utf-8", errors="surrogateescape", newline="")
        except OSError as error:
            reason = f"the file for bad lines cannot be written: {error.strerror}"
            raise InvalidInput(str(target), reason) from error


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name}.part")
