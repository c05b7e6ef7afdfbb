"""The folder of a day and an owner, while it is written. It blocks: it is used in a thread.

The index comes last, so that what it lists is there. A file that is there already is left as it is,
and so is an index that would say the same: writing a day again changes nothing where nothing has
changed.

What was written before stays, even if the ledger has forgotten the job since. It makes way only for
a newer end of the same job, or where the day no longer covers its end.
"""

import shutil
import tempfile
from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec
import structlog

from horarium.disk import sync_folder, to_disk
from horarium.journal.entry import Entry, day_line, lines, read_day, read_entry
from horarium.journal.files import Temporary, are_same, clear_away, close, content_of, make_private
from horarium.journal.names import INDEX, folder_name
from horarium.journal.span import Span

_AT_ONCE = 16
"""Files whose way to the disk is waited for at once; one by one it was three times as slow."""

_log = structlog.get_logger()


class Page(NamedTuple):
    """A job's file: its line in the index, and its content."""

    entry: Entry
    content: bytes


class DayFolder:
    """A folder that is being filled, from its making to `close`; nothing half written is left.

    Pages are given in the order of their jobs' ids.

    Args:
        root: the journal's folder.
        redo: write files anew that are there already.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, root: Path, owner: str, span: Span, *, redo: bool = False) -> None:
        self._path = place(root, span.day, owner)
        self._owner = owner
        self._span = span
        self._redo = redo
        self._states: Counter[str] = Counter()
        make_private(self._path)
        clear_away(self._path)
        self._spool: BinaryIO = tempfile.TemporaryFile("w+b", dir=self._path)  # noqa: SIM115
        self._former = _Former(self._path / INDEX)
        self._syncing = ThreadPoolExecutor(_AT_ONCE, "journal")

    def close(self) -> None:
        """Let go of the folder; without an index, if `finish` has not written it."""
        self._syncing.shutdown()
        self._spool.close()
        self._former.close()

    def add(self, pages: Sequence[Page]) -> None:
        """Write files, and note them for the index.

        Raises:
            OSError: it cannot be done; what was written before stays.
        """
        self._write(pages)
        for page in pages:
            former = self._pass_by(page.entry.id)
            if former is not None and former.file != page.entry.file:
                (self._path / former.file).unlink(missing_ok=True)
            self._list(page.entry)

    def finish(self, *, final: bool) -> int:
        """Write the index; returns how many jobs it lists.

        Raises:
            OSError: it cannot be done; the index is what it was.
        """
        self._pass_by(None)
        header = day_line(self._owner, self._span, final=final, states=self._states)
        self._spool.seek(0)
        with Temporary(self._path) as temporary:
            with temporary.open() as file:
                file.write(lines([header]))
                shutil.copyfileobj(self._spool, file)
                to_disk(file)
            if not are_same(temporary.path, self._path / INDEX):
                temporary.become(INDEX)
        sync_folder(self._path)
        return header.jobs

    def _pass_by(self, id: str | None) -> Entry | None:
        """List what stood before this job in the former index; returns the job itself, if there."""
        while (entry := self._former.entry) is not None:
            if id is not None and entry.id > id:
                return None
            self._former.advance()
            if entry.id == id:
                return entry
            self._keep(entry)
        return None

    def _keep(self, entry: Entry) -> None:
        path = self._path / entry.file
        if not self._span.starts_at <= entry.updated_at < self._span.ends_at:
            path.unlink(missing_ok=True)
        elif path.is_file():
            self._list(entry)

    def _list(self, entry: Entry) -> None:
        self._states[entry.state] += 1
        self._spool.write(lines([entry]))

    def _write(self, pages: Iterable[Page]) -> None:
        written: list[tuple[Temporary, BinaryIO, str]] = []
        try:
            for page in pages:
                if not self._is_there(page):
                    temporary = Temporary(self._path)
                    file = temporary.open()
                    written.append((temporary, file, page.entry.file))
                    file.write(page.content)
                    file.flush()
            # Waited for together: the file system takes them in a few commits, not one for each.
            list(self._syncing.map(to_disk, [file for _, file, _ in written]))
            for temporary, _, name in written:
                temporary.become(name)
        finally:
            for temporary, file, _ in written:
                close(file)
                temporary.remove()

    def _is_there(self, page: Page) -> bool:
        path = self._path / page.entry.file
        if self._redo:
            return content_of(path) == page.content
        return path.is_file()


class _Former:
    """The index that is there, entry by entry."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries = self._read()
        self.entry: Entry | None = None
        self.advance()

    def advance(self) -> None:
        """Go to the next entry."""
        self.entry = next(self._entries, None)

    def close(self) -> None:
        """Close the file."""
        self._entries.close()

    def _read(self) -> Generator[Entry]:
        try:
            with self._path.open("rb") as file:
                read_day(file.readline())
                for line in file:
                    yield read_entry(line)
        except FileNotFoundError:
            return
        except msgspec.MsgspecError as error:
            # Written by others than us; what the ledger has makes a new one.
            _log.warning(
                "an index of the journal cannot be read", path=str(self._path), error=str(error)
            )


def place(root: Path, day: date, owner: str) -> Path:
    """The folder of a day and an owner."""
    return root / day.isoformat() / folder_name(owner)


def remove_days(root: Path, before: date) -> int:
    """Remove the folders of days before one; returns how many.

    Raises:
        OSError: it cannot be done.
    """
    if not root.is_dir():
        return 0
    gone = [each for each in root.iterdir() if _is_day(each) and each.name < before.isoformat()]
    for each in gone:
        shutil.rmtree(each)
    return len(gone)


def _is_day(path: Path) -> bool:
    try:
        named = date.fromisoformat(path.name).isoformat() == path.name
    except ValueError:
        return False
    return named and path.is_dir() and not path.is_symlink()
