"""The order lines of one file: read, checked, and handed on in blocks fit for COPY."""

import csv
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from io import StringIO
from itertools import islice
from zoneinfo import ZoneInfo

import msgspec

from horarium.shop.imports.mapping import BadField, LineReader, Mapping
from horarium.shop.imports.records import Record, Records
from horarium.shop.imports.rejects import BadLine, BadLines, Rejects
from horarium.shop.imports.source import Source

BLOCK = 4096
"""Lines handed on at once: enough to make a block cheap, few enough to keep a loop answering."""


class Progress(msgspec.Struct, frozen=True):
    """How far an import has come. Bytes are those of the file as it lies on the disk."""

    stage: str
    lines: int
    bytes_read: int
    bytes_total: int


class Lines(ABC):
    """The lines of open files, as they are staged; bad ones go to the rejects.

    Attributes:
        read: how many were read, bad ones too.
        kept: how many were handed on.
    """

    def __init__(self, rejects: Rejects) -> None:
        self.read = 0
        self.kept = 0
        self._rejects = rejects

    async def blocks(self, progress: Callable[[Progress], None]) -> AsyncIterator[bytes]:
        """CSV without a header: the values of `VALUES`, then the line's position. Empty is null.

        Raises:
            BadLines: a header cannot be used; no file for bad lines helps there.
        """
        lines = self._lines()
        while block := list(islice(lines, BLOCK)):
            progress(self.progress("reading"))
            if not self._rejects.forbids:
                yield encoded(block)
        progress(self.progress("reading"))

    @abstractmethod
    def progress(self, stage: str) -> Progress:
        """How far the reading has come, of all files together."""

    @abstractmethod
    def _lines(self) -> Iterator[list[str]]:
        """The values of each line that can be read, as texts."""


class OrderLines(Lines):
    """The order lines of one open source."""

    def __init__(self, source: Source, mapping: Mapping, zone: ZoneInfo, rejects: Rejects) -> None:
        super().__init__(rejects)
        self._source = source
        self._mapping = mapping
        self._zone = zone

    def progress(self, stage: str) -> Progress:
        """How far the reading has come."""
        return Progress(stage, self.read, self._source.bytes_read, self._source.bytes_total)

    def _lines(self) -> Iterator[list[str]]:
        records = iter(Records(self._source.lines(), self._mapping.delimiter))
        read = self._reader(next(records, None))
        for record in records:
            self.read += 1
            try:
                values = read(unbroken(record))
            except BadField as bad:
                self._rejects.add(BadLine(record.number, bad.column, bad.reason), record.fields)
                continue
            self.kept += 1
            values.append(str(self.read))
            yield values

    def _reader(self, header: Record | None) -> LineReader:
        try:
            return self._mapping.reader(names(header), self._zone)
        except BadField as bad:
            number = 1 if header is None else header.number
            bad_line = BadLine(number, bad.column, bad.reason)
            raise BadLines(self._source.path, [bad_line], 1) from None


def names(header: Record | None) -> list[str]:
    """The columns that a header names.

    Raises:
        BadField: there is none, or it is no CSV.
    """
    if header is None:
        raise BadField(None, "there is no header, only blank lines")
    return [name.strip() for name in unbroken(header)]


def unbroken(record: Record) -> list[str]:
    """A record's fields.

    Raises:
        BadField: it is no CSV.
    """
    if record.broken:
        raise BadField(None, record.broken)
    return record.fields


def encoded(block: Sequence[Sequence[str]]) -> bytes:
    """Lines as COPY takes them."""
    out = StringIO()
    csv.writer(out).writerows(block)  # ends lines with CR LF, and so quotes a CR within a field
    return out.getvalue().encode()
