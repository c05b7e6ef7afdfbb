"""The folder in which exports are written, and files that appear whole or not at all.

An export is written as `.<id>.<random>.part`, goes into the database (`pieces`), and the part
vanishes. Names on the disk are ids of ours; the name that a reader sees is made of the report and
its days. What a worker that died left behind is removed after a day: parts, and the folders in
which rows of a workbook wait for its end.
"""

import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from horarium.disk import to_disk
from horarium.errors import Unavailable
from horarium.exports.format import Format
from horarium.exports.selection import Selection

FORGOTTEN = 24 * 3600.0
"""Seconds after which what nobody writes any more is removed."""

_ID = re.compile(r"[0-9a-f-]{36}")


class Shelf:
    """The folder; made by its first part, for its owner alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def writing(self, id: str) -> Iterator[BinaryIO]:
        """A file to write and to read back; it vanishes with the block."""
        if not _ID.fullmatch(id):
            raise ValueError(f"{id!r} is no id of an export")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"exports cannot be written to {self.folder}: {error}") from error
        part = self.folder / f".{id}.{secrets.token_hex(4)}.part"
        try:
            with part.open("x+b") as file:
                yield file
        finally:
            part.unlink(missing_ok=True)

    def sweep(self, now: float | None = None) -> int:
        """Remove the files and folders that nobody writes any more; returns how many."""
        oldest = (time.time() if now is None else now) - FORGOTTEN
        removed = 0
        for left in self.folder.glob("*"):
            try:
                if left.stat().st_mtime >= oldest:
                    continue
                if left.is_dir():
                    shutil.rmtree(left)
                else:
                    left.unlink()
                removed += 1
            except FileNotFoundError:
                continue  # its writer has finished, or another sweep was faster
        return removed


@contextmanager
def written(part: Path, place: Path) -> Iterator[BinaryIO]:
    """Write `part`; it becomes `place` when the block has ended well, and else vanishes."""
    try:
        with part.open("xb") as file:
            yield file
            to_disk(file)
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)


def download_name(selection: Selection, format: Format) -> str:
    """The name under which a reader saves it: letters, digits, dots and dashes."""
    return named(selection.report, selection.span, format)


def named(report: str, span: str, format: Format) -> str:
    """The same, from its parts."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", report).strip("-")[:60] or "report"
    return f"{plain}-{span}.{format}"
