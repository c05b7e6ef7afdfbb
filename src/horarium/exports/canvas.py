"""A canvas of reportlab whose finished pages are written out at once and forgotten.

reportlab's own document keeps every page until the file is saved, and then makes the whole file in
memory: 2,700 pages with 100,000 rows are 77 MB. This one keeps eight bytes for each object that was
written, which is where it stands in the file, and the numbers of the last pages. The letters that
were used are known only at the end, so fonts are written last; pages refer to them by a number that
they have from the beginning. What ends the file:

    the fonts, and whatever else of reportlab's was not written with a page
    the tree of pages: a root, below it nodes of `KIDS` pages each, which were written when full
    the table of all objects, as a stream (PDF 1.5): its places have eight bytes, so that a file may
    be as long as it likes, where the ten digits of the older table end at 10 GB
"""

import zlib
from array import array
from struct import Struct
from typing import BinaryIO

from reportlab.pdfbase.pdfdoc import (
    PDFDocument,
    PDFIndirectObject,
    PDFPage,
    PDFStream,
    PDFZCompress,
)
from reportlab.pdfgen.canvas import Canvas

KIDS = 500
"""Pages of a node: few enough for a reader to find any page in two short lists."""

_ENTRY = Struct(">BQH")


class FlowingCanvas(Canvas):  # type: ignore[misc]
    """A canvas that writes each page to the sink when it is shown."""

    def __init__(self, sink: BinaryIO, size: tuple[float, float]) -> None:
        super().__init__(sink, pagesize=size, pageCompression=1)
        # What a canvas has drawn before its first page it has noted in the document it made itself.
        self._doc = FlowingDocument(sink)
        self.init_graphics_state()
        self._make_preamble()


class FlowingDocument(PDFDocument):  # type: ignore[misc]
    """A document that is written to the sink from its first byte to its last.

    `addPage` and `format` take the place of reportlab's, which calls the former for each page and
    the latter once, when the canvas is saved.
    """

    def __init__(self, sink: BinaryIO) -> None:
        super().__init__(compression=1)
        self._sink = sink
        self._at = 0
        self._places = array("Q")
        self._put(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
        self._root = self._reserve()
        self._node = 0
        self._nodes: list[int] = []
        self._kids: list[int] = []
        self._pages = 0
        self.Catalog.Pages = _reference(self._root)

    def addPage(self, page: PDFPage) -> None:  # noqa: N802 - reportlab's name
        """Write a page and its content, and forget both."""
        if not self._kids:
            self._node = self._reserve()
        page.Parent = _reference(self._node)
        # By itself reportlab writes it in base 85, a quarter longer.
        page.Contents = PDFStream(content=page.stream, filters=[PDFZCompress])
        first = self.objectcounter + 1
        self.Reference(page)
        self._write_registered(first)
        self._kids.append(first)
        self.pageCounter += 1
        self.inObject = None
        if len(self._kids) == KIDS:
            self._end_node()

    def format(self) -> bytes:
        """Write all that is left; nothing remains for the caller to write."""
        if self._kids:
            self._end_node()
        kids = _references(self._nodes)
        self._write(self._root, f"<< /Type /Pages /Count {self._pages} /Kids [{kids}] >>")
        root = self.Reference(self.Catalog).format(self)
        info = self.Reference(self.info).format(self)
        self._write_registered(1)
        self._write_table(root, info)
        return b""

    def _end_node(self) -> None:
        head = f"<< /Type /Pages /Parent {_reference(self._root)} /Count {len(self._kids)}"
        self._write(self._node, f"{head} /Kids [{_references(self._kids)}] >>")
        self._nodes.append(self._node)
        self._pages += len(self._kids)
        self._kids = []

    def _write_registered(self, first: int) -> None:
        """Write what reportlab has registered from this number on, and what that registers."""
        number, names = first, []
        while number <= self.objectcounter:
            name = self.numberToId.pop(number, None)
            if name is not None:
                self._note(number)
                self._put(PDFIndirectObject(name, self.idToObject[name]).format(self))
                names.append(name)
            number += 1
        for name in names:
            del self.idToObject[name], self.idToObjectNumberAndVersion[name]

    def _write_table(self, root: bytes, info: bytes) -> None:
        number, place = self._reserve(), self._at
        self._note(number)
        free = _ENTRY.pack(0, 0, 65535)
        table = zlib.compress(free + b"".join(_ENTRY.pack(1, at, 0) for at in self._places))
        self._put(
            b"%d 0 obj\n<< /Type /XRef /Size %d /W [1 8 2] /Root %b /Info %b /ID %b"
            b"/Filter /FlateDecode /Length %d >>\nstream\n%b\nendstream\nendobj\n"
            b"startxref\n%d\n%%%%EOF\n"
            % (number, number + 1, root, info, self.ID(), len(table), table, place)
        )

    def _reserve(self) -> int:
        """A number for an object of ours."""
        self.objectcounter += 1
        return int(self.objectcounter)

    def _write(self, number: int, content: str) -> None:
        self._note(number)
        self._put(f"{number} 0 obj\n{content}\nendobj\n".encode())

    def _note(self, number: int) -> None:
        """Note that an object begins here; the first one has the number 1."""
        missing = number - len(self._places)
        if missing > 0:
            self._places.extend([0] * missing)
        self._places[number - 1] = self._at

    def _put(self, data: bytes) -> None:
        self._sink.write(data)
        self._at += len(data)


def _reference(number: int) -> str:
    return f"{number} 0 R"


def _references(numbers: list[int]) -> str:
    return " ".join(map(_reference, numbers))
