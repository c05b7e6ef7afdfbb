"""Tables for people."""

from benchmarks.figures import Figure, Quantity

_MARKS = {True: "met", False: "NOT MET", None: "unknown"}


def render(quantity: Quantity, subject: str = "horarium") -> str:
    """One quantity as text: a row a peer, best first, then the targets."""
    rows = [("", f"median ({quantity.unit})", "min - max", f"{subject} is", "")]
    rows += [_row(figure, quantity, quantity.median(subject)) for figure in _sorted(quantity)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    lines = [quantity.title]
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [row[column].rjust(widths[column]) for column in range(1, len(widths))]
        lines.append(f"  {'  '.join(cells)}  {row[-1]}".rstrip())
    lines += [f"  {_MARKS[v.met]:8} {v.target}: {v.found}" for v in quantity.verdicts]
    return "\n".join(lines)


def _sorted(quantity: Quantity) -> list[Figure]:
    measured = [figure for figure in quantity.figures if figure.median is not None]
    measured.sort(key=lambda figure: figure.median or 0.0, reverse=quantity.more_is_better)
    return measured + [figure for figure in quantity.figures if figure.median is None]


def _row(figure: Figure, quantity: Quantity, ours: float | None) -> tuple[str, str, str, str, str]:
    notes = "  ".join(f"{name} {text}" for name, text in figure.notes.items())
    if figure.median is None:
        return figure.peer, "-", "-", "-", figure.problem or notes
    low, high = min(figure.values), max(figure.values)
    ratio = f"{ours / figure.median:.2f} x" if ours is not None and figure.median else "-"
    digits = quantity.digits
    if figure.problem:
        notes = f"{notes}  {len(figure.values)} runs; then {figure.problem}".strip()
    return (
        figure.peer,
        f"{figure.median:,.{digits}f}",
        f"{low:,.{digits}f} - {high:,.{digits}f}",
        ratio,
        notes,
    )
