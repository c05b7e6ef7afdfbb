"""Exports: rows of a report as CSV, JSON lines, XLSX, Parquet or PDF.

`select` says which rows; `Outflow` sends them to a client while they are read; `fill` writes them
into a file; `ExportTasks` does that in the background, and `requests` keeps the account of it.
"""

from typing import TYPE_CHECKING

from horarium.deferral import deferred

if TYPE_CHECKING:
    from horarium.exports.format import (
        AT_ONCE,
        DEFAULT_STYLE,
        MEDIA_TYPES,
        CsvStyle,
        Format,
        MissingExtra,
        check,
    )
    from horarium.exports.outflow import Outflow
    from horarium.exports.reports import select
    from horarium.exports.requests import Export, ExportState
    from horarium.exports.selection import SESSION, Chart, Column, Kind, Query, Selection
    from horarium.exports.shelf import Shelf, download_name, written
    from horarium.exports.tasks import ExportTasks
    from horarium.exports.writing import fill, pour

__all__ = [
    "AT_ONCE",
    "DEFAULT_STYLE",
    "MEDIA_TYPES",
    "SESSION",
    "Chart",
    "Column",
    "CsvStyle",
    "Export",
    "ExportState",
    "ExportTasks",
    "Format",
    "Kind",
    "MissingExtra",
    "Outflow",
    "Query",
    "Selection",
    "Shelf",
    "check",
    "download_name",
    "fill",
    "pour",
    "select",
    "written",
]

__getattr__ = deferred(__name__)
