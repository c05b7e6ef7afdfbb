"""How reports are printed: summaries, rows of any columns, what a revision changed."""

from typing import TYPE_CHECKING

from horarium.cli.output import cell, console, print_table

if TYPE_CHECKING:
    from horarium.reports import BuiltPeriod, Freshness, PeriodRows, RevisionChanges, Summary


def state_of(built: "BuiltPeriod | Freshness") -> str:
    """Whether a period was over when it was built, and whether it has changed since."""
    return ("provisional" if built.provisional else "final") + ", stale" * built.stale


def print_rows(found: "PeriodRows", rows: int) -> None:
    """The first rows of a period, and how fresh they are."""
    period = found.period
    numbers = ("integer", "bigint", "numeric", "double precision")
    if rows:
        print_table(
            f"{period.report} of {period.day}",
            [f"{'>' * (each.type in numbers)}{each.name}" for each in found.columns],
            (list(row.values()) for row in found.items),
            "It has no rows.",
        )
    if rows and found.total > len(found.items):
        console().print(f"... and {found.total - len(found.items):,} more", style="dim")
    console().print(
        f"Revision {period.revision} ({period.reason}), {state_of(period)}: "
        f"built {cell(period.built_at)}, data until {cell(period.data_until)}.",
        style="dim",
    )


def print_changes(found: "RevisionChanges") -> None:
    """What a revision changed."""
    print_table(
        f"Revision {found.revision.revision} ({found.revision.reason})",
        ("figure", ">before", ">after"),
        ((each.figure, each.before, each.after) for each in found.figures),
        "No figure is another than before.",
    )
    print_table(
        None,
        ("", "before", "after"),
        ((each.kind, _row(each.before), _row(each.after)) for each in found.items),
        "No row is another than before." if found.kept else "Its rows' changes are not kept.",
    )
    if found.total > len(found.items) and found.kept:
        console().print(f"... of {found.total:,} rows", style="dim")


def _row(row: "dict[str, object] | None") -> str:
    return "" if row is None else ", ".join(f"{name}={cell(value)}" for name, value in row.items())


def print_summary(found: "Summary") -> None:
    """The figures of a day's orders, and how fresh they are."""
    fresh = found.freshness
    print_table(
        f"Orders of {found.day}",
        ("", ">orders", ">products", ">units", ">value", ">average"),
        _figures(found),
        "",
    )
    if found.total_freight:
        goods = found.total_value - found.total_freight
        told = f"Of the value, {found.total_freight} {found.currency} is freight; "
        console().print(f"{told}the goods come to {goods} {found.currency}.", style="dim")
    console().print(
        f"Revision {fresh.revision} ({fresh.reason}), {state_of(fresh)}: "
        f"built {cell(fresh.built_at)}, orders until {cell(fresh.data_until)}.\n",
        style="dim",
    )
    if fresh.stale_reason is not None:
        console().print(f"{fresh.stale_reason[0].upper()}{fresh.stale_reason[1:]}.\n")


def _figures(found: "Summary") -> "list[tuple[object, ...]]":
    money = found.currency
    total = (
        "all", found.total_orders, found.total_products, found.total_units,
        f"{found.total_value} {money}", f"{found.average_order_value} {money}",
    )  # fmt: skip
    sales, refunds, before = found.sales, found.refunds, found.previous
    lines: list[tuple[object, ...]] = [
        total,
        ("sales", sales.orders, sales.lines, sales.units, f"{sales.value} {money}",
         f"{sales.average_order_value} {money}"),
        ("refunds", refunds.orders, refunds.lines, refunds.units, f"{refunds.value} {money}", ""),
        *_cancelled(found), *_others(found),
    ]  # fmt: skip
    if before is not None:
        lines.append(
            (f"{before.day} (all)", before.total_orders, before.total_products, before.total_units,
             f"{before.total_value} {before.currency}", f"{before.average_order_value} {money}")
        )  # fmt: skip
    return lines


def _cancelled(found: "Summary") -> "list[tuple[object, ...]]":
    gone = found.cancelled
    value = f"{gone.value} {found.currency}"
    return [("cancelled", gone.orders, gone.lines, gone.units, value, "")] if gone.orders else []


def _others(found: "Summary") -> "list[tuple[object, ...]]":
    return [
        (f"in {o.currency}", o.total_orders, o.total_products, o.total_units,
         f"{o.total_value} {o.currency}", f"{o.average_order_value} {o.currency}")
        for o in found.values[1:]
    ]  # fmt: skip
