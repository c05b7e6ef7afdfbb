"""PDF: a title, a chart drawn as lines and boxes, and the rows as a table over all pages needed.

The letters are those of DejaVu Sans, which stands beside this module: Latin, Greek and Cyrillic. A
sign that the font lacks is written as a hollow box; csv and jsonl have it. A text that is too wide
for its column ends with an ellipsis, a number is written smaller; with many columns the paper is
wider. A page goes to the file when it is full (`canvas`), so that any number of rows needs the
same memory.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import as_file, files
from typing import Any, BinaryIO

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.textobject import PDFTextObject

from horarium.exports.bars import Box, bar_boxes, thinned
from horarium.exports.canvas import FlowingCanvas
from horarium.exports.json_lines import float_text
from horarium.exports.selection import Chart, Column, Kind, Row, Selection

FONT, BOLD = "DejaVuSans", "DejaVuSans-Bold"
MARGIN = 36.0
LINE = 13.0
SIZE = 8.0
CHART_HEIGHT = 150.0
GAP = 6.0
"""Between two columns."""

NARROWEST = 48.0
"""Of a column of weight 1: with less, days and instants would have no room."""

WIDEST = 14_400.0
"""Of a page: readers know no wider one."""

_WEIGHTS = {
    Kind.TEXT: 2.2, Kind.INTEGER: 1.0, Kind.DECIMAL: 1.3, Kind.DATE: 1.1,
    Kind.INSTANT: 1.9, Kind.BOOLEAN: 0.8, Kind.FLOAT: 1.3, Kind.LOCAL_TIME: 1.9,
}  # fmt: skip
_RIGHT = (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT)
_INK, _GREY, _PALE, _BAR = (
    HexColor(color) for color in ("#1a1a1a", "#666666", "#dddddd", "#3b6ea5")
)

Cell = Callable[[Any], str]


class DocumentWriter:
    """Writes rows as a PDF; `close` writes the file."""

    def __init__(self, selection: Selection, sink: BinaryIO) -> None:
        _register_fonts()
        self._columns = selection.columns
        self._width, self._height = _paper(selection.columns)
        self._canvas = FlowingCanvas(sink, (self._width, self._height))
        self._canvas.setTitle(f"{selection.report} {selection.span}")
        self._canvas.setCreator("Horarium")
        self._edges = _edges(selection.columns, MARGIN, self._width - MARGIN)
        self._page = 1
        self._rows = 0
        self._begin(selection)

    def write(self, rows: Iterable[Row]) -> None:
        """Write rows."""
        for row in rows:
            if self._y < MARGIN + 2 * LINE:
                self._turn()
            self._line([_shown(value) for value in row], FONT)
            self._rows += 1

    def close(self) -> None:
        """Write the file."""
        self._text(MARGIN, self._y - 4, f"{self._rows:,} rows", BOLD)
        self._foot()
        self._canvas.save()

    def _begin(self, selection: Selection) -> None:
        top = self._height - MARGIN - 8
        days = f"{selection.first}"
        if selection.last != selection.first:
            days += f" to {selection.last}"
        self._text(MARGIN, top, f"{selection.report}, {days}", BOLD, 15)
        self._text(MARGIN, top - 16, _noted(selection), FONT, 8, _GREY)
        self._y = top - 36
        if selection.chart is not None and selection.chart.bars:
            self._chart(selection.chart)
        self._head()

    def _chart(self, chart: Chart) -> None:
        self._text(MARGIN, self._y, f"{chart.title} ({chart.unit})", BOLD, 9)
        floor = self._y - CHART_HEIGHT
        frame = Box(MARGIN + 62, floor + 14, self._width - 2 * MARGIN - 62, CHART_HEIGHT - 26)
        drawn = bar_boxes([value for _, value in chart.bars], frame)
        canvas = self._canvas
        canvas.setStrokeColor(_PALE)
        canvas.setLineWidth(0.5)
        for y, value in drawn.lines:
            canvas.line(frame.x, y, frame.x + frame.width, y)
            self._text(frame.x - 4, y - 3, f"{value:,}", FONT, 7, _GREY, right=True)
        canvas.setFillColor(_BAR)
        for box in drawn.bars:
            canvas.rect(box.x, box.y, box.width, box.height, stroke=0, fill=1)
        labels = [label for label, _ in chart.bars]
        for number in thinned(len(labels), 10):
            box = drawn.bars[number]
            self._text(box.x, floor + 2, labels[number], FONT, 7, _GREY)
        self._y = floor - 18

    def _head(self) -> None:
        self._line([column.name for column in self._columns], BOLD)
        canvas = self._canvas
        canvas.setStrokeColor(_GREY)
        canvas.setLineWidth(0.7)
        canvas.line(MARGIN, self._y + LINE - 4, self._width - MARGIN, self._y + LINE - 4)

    def _line(self, texts: list[str], font: str) -> None:
        """A row, in one piece: what is said once for all of its cells costs once."""
        line = self._canvas.beginText()
        line.setFillColor(_INK)
        line.setFont(font, SIZE)
        for column, text, (left, right) in zip(self._columns, texts, self._edges, strict=True):
            if column.kind in _RIGHT:
                self._number(line, text, font, (left, right - GAP))
            elif text:
                line.setTextOrigin(left, self._y)
                line.textOut(_shortened(text, font, right - GAP - left))
        self._canvas.drawText(line)
        self._y -= LINE

    def _number(
        self, line: PDFTextObject, text: str, font: str, edges: tuple[float, float]
    ) -> None:
        """A number at the right edge; smaller where it is long: without its end it is another."""
        width = pdfmetrics.stringWidth(text, font, SIZE)
        fits = min(1.0, max(edges[1] - edges[0], 1.0) / max(width, 0.1))
        line.setTextOrigin(edges[1] - width * fits, self._y)
        if fits < 1:
            line.setFont(font, SIZE * fits)
        line.textOut(text)
        if fits < 1:
            line.setFont(font, SIZE)

    def _turn(self) -> None:
        self._foot()
        self._canvas.showPage()
        self._page += 1
        self._y = self._height - MARGIN - 8
        self._head()

    def _foot(self) -> None:
        place = self._width - MARGIN
        self._text(place, MARGIN - 14, f"page {self._page}", FONT, 7, _GREY, right=True)

    def _text(
        self, x: float, y: float, text: str, font: str, size: float = SIZE, ink: Color = _INK,
        *, right: bool = False,
    ) -> None:  # fmt: skip
        self._canvas.setFont(font, size)
        self._canvas.setFillColor(ink)
        draw = self._canvas.drawRightString if right else self._canvas.drawString
        draw(x, y, _printable(text))


@cache
def _register_fonts() -> None:
    """Make the fonts known to reportlab, once a process."""
    for name in (FONT, BOLD):
        with as_file(files(__package__) / "fonts" / f"{name}.ttf") as path:
            pdfmetrics.registerFont(TTFont(name, str(path)))


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        at = value if value.tzinfo is None else value.astimezone(UTC)
        return at.replace(tzinfo=None).isoformat(" ", "seconds")
    if isinstance(value, float):
        return float_text(value)
    return _printable(str(value))


def _printable(text: str) -> str:
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def _shortened(text: str, font: str, width: float) -> str:
    """The text, as far as there is room."""
    if pdfmetrics.stringWidth(text, font, SIZE) <= width:
        return text
    low, high = 0, min(len(text), 500)
    while low < high:
        middle = (low + high + 1) // 2
        if pdfmetrics.stringWidth(text[:middle] + "…", font, SIZE) <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low] + "…"


def _noted(selection: Selection) -> str:
    has_instants = any(column.kind is Kind.INSTANT for column in selection.columns)
    return f"{selection.note}; instants are in UTC" if has_instants else selection.note


def _paper(columns: Sequence[Column]) -> tuple[float, float]:
    width, height = landscape(A4) if len(columns) > 5 else A4
    wanted = 2 * MARGIN + NARROWEST * sum(_WEIGHTS[column.kind] for column in columns)
    return min(max(width, wanted), WIDEST), height


def _edges(columns: Iterable[Column], left: float, right: float) -> list[tuple[float, float]]:
    weights = [_WEIGHTS[column.kind] for column in columns]
    share = (right - left) / sum(weights)
    edges, at = [], left
    for weight in weights:
        edges.append((at, at + weight * share))
        at += weight * share
    return edges
