"""CSV records with the number of the physical line they begin on.

A quotation mark that is never closed would swallow the lines behind it. So when a record of
several lines turns out to be no CSV, only its first line is given up, and reading goes on with its
second one.
"""

import csv
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple


class Record(NamedTuple):
    """One record, or a line that is none: then `broken` says why and `fields` has its text."""

    number: int
    fields: list[str]
    broken: str | None = None


class Records:
    """The records of some physical lines; blank lines are passed over."""

    def __init__(self, lines: Iterator[str], delimiter: str = ",") -> None:
        self._lines = lines
        self._delimiter = delimiter
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self._number = 1

    def __iter__(self) -> Iterator[Record]:
        reader = csv.reader(self._feed(), strict=True, delimiter=self._delimiter)
        while True:
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield self._give_up_first_line(error)
                reader = csv.reader(self._feed(), strict=True, delimiter=self._delimiter)
                continue
            number = self._number
            self._number += len(self._taken)
            self._taken.clear()
            if fields:
                yield Record(number, fields)

    def _feed(self) -> Iterator[str]:
        while True:
            line = self._again.popleft() if self._again else next(self._lines, None)
            if line is None:
                return
            self._taken.append(line)
            yield line

    def _give_up_first_line(self, error: csv.Error) -> Record:
        first, *rest = self._taken
        self._again.extendleft(reversed(rest))
        self._taken.clear()
        record = Record(self._number, [first.rstrip("\r\n")], _reason(error))
        self._number += 1
        return record


def _reason(error: csv.Error) -> str:
    if "limit" in str(error):
        return f"a field is longer than {csv.field_size_limit()} characters, or never closed"
    return (
        "its quotation marks are no CSV: a quoted field ends with a mark before the next comma, "
        "and a mark inside it is doubled"
    )
