"""What differs between the summaries of two revisions. Pure."""

from collections.abc import Iterator
from typing import Any

import msgspec


class FigureChange(msgspec.Struct, frozen=True):
    """A figure that is another than before; null where it was not there, or is not any more.

    Attributes:
        figure: its place in the summary, such as `total_value`, `sales.orders`, `values.EUR.units`.
    """

    figure: str
    before: Any
    after: Any


def figure_changes(before: bytes | None, after: bytes) -> list[FigureChange]:
    """The figures that differ, in the order of the later summary.

    Args:
        before, after: summaries as JSON; none before a first revision.
    """
    former = dict(_figures(msgspec.json.decode(before))) if before is not None else {}
    present = dict(_figures(msgspec.json.decode(after)))
    return [
        FigureChange(name, former.get(name), present.get(name))
        for name in {**present, **former}
        if former.get(name) != present.get(name)
    ]


def _figures(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """The single figures of a summary; those of a currency are called by it."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _figures(each, f"{place}.{name}" if place else name)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            called = each.get("currency", number) if isinstance(each, dict) else number
            yield from _figures(each, f"{place}.{called}")
    else:
        yield place, value
