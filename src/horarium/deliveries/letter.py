"""What a mail says that brings a revision. Pure."""

from collections.abc import Mapping
from datetime import date, datetime
from email.message import EmailMessage
from email.utils import formatdate

import msgspec


class Finality(msgspec.Struct, frozen=True, kw_only=True):
    """The revision that is sent."""

    report: str
    day: date
    starts_at: datetime
    ends_at: datetime
    zone: str
    revision: int
    reason: str
    row_count: int
    built_at: datetime


class Attached(msgspec.Struct, frozen=True):
    """A file in a mail."""

    name: str
    media_type: str
    content: bytes


_SHOWN = {
    "total_orders": "Orders",
    "total_products": "Item lines",
    "total_units": "Units",
    "total_value": "Value",
    "total_freight": "Of it freight",
    "average_order_value": "Average order",
}
_MONEY = ("total_value", "total_freight", "average_order_value")


def letter(
    delivery: str,
    final: Finality,
    figures: Mapping[str, object],
    *,
    sender: str,
    reader: str,
    file: Attached | None,
    link: str | None,
) -> EmailMessage:
    """The mail that brings a final revision, with its file or a link to it.

    Args:
        delivery: its id; the Message-ID is made of it, so that a mail that arrives twice is known
            as one.
        figures: those of the summary, as JSON has them.
    """
    revised = f" (revision {final.revision})" if final.revision > 1 else ""
    message = EmailMessage()
    message["Subject"] = f"{final.report} of {final.day}{revised}"
    message["From"] = sender
    message["To"] = reader
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{delivery}@horarium.invalid>"
    message["Auto-Submitted"] = "auto-generated"
    message["Horarium-Delivery"] = delivery
    message.set_content(_body(final, figures, file, link))
    if file is not None:
        main, _, sub = file.media_type.partition("/")
        params = {"charset": "utf-8"} if main == "text" else None
        message.add_attachment(
            file.content, maintype=main, subtype=sub, filename=file.name, params=params
        )
    return message


def _body(
    final: Finality, figures: Mapping[str, object], file: Attached | None, link: str | None
) -> str:
    what = f"The report {final.report} of {final.day} ({final.zone})"
    lines = [f"{what} is final: {final.row_count:,} rows, revision {final.revision}."]
    if final.revision > 1:
        lines.append("It takes the place of the former revision of that period.")
    lines.append("")
    for name, words in _SHOWN.items():
        if name in figures:
            unit = f" {figures.get('currency', '')}" if name in _MONEY else ""
            lines.append(f"{words}: {figures[name]}{unit}")
    if file is not None:
        lines += ["", f"The rows are attached: {file.name}"]
    elif link is not None:
        lines += ["", f"The rows: {link}"]
    else:
        lines += ["", "The rows are too many to be attached; the API has them."]
    lines += ["", f"Built at {final.built_at:%Y-%m-%d %H:%M:%S} UTC ({final.reason}).", ""]
    return "\n".join(lines)
