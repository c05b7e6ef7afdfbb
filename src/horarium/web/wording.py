"""Numbers, money and times as people read them. Pure."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from horarium.shop import money

MINUS = "\N{MINUS SIGN}"
_SIGNS = {"EUR": "€", "GBP": "£", "INR": "₹", "JPY": "¥", "USD": "$"}


def number(value: int) -> str:
    """12,345, and five below zero with a real minus sign."""
    return f"{value:,}".replace("-", MINUS)


def cash(value: Decimal, currency: str) -> str:
    """£1,234.50; the code where a currency has no sign that all know."""
    whole, point, decimals = money.text(abs(value), currency).partition(".")
    amount = f"{int(whole):,}{point}{decimals}"
    sign = MINUS if value < 0 else ""
    if currency in _SIGNS:
        return f"{sign}{_SIGNS[currency]}{amount}"
    return f"{sign}{amount}\u00a0{currency}"


def share(now: Decimal, before: Decimal) -> str:
    """By how much something grew, in per cent of what it was: +9.1 %."""
    grown = (now - before) / before * 100
    if grown >= 1000:
        return ""
    return f"{grown:+.1f}\u00a0%".replace("-", MINUS)


def long_day(day: date) -> str:
    """Wednesday, 1 December 2010."""
    return f"{day:%A}, {day.day} {day:%B %Y}"


def short_day(day: date) -> str:
    """Wed 1 Dec 2010."""
    return f"{day:%a} {day.day} {day:%b %Y}"


def moment(at: datetime, zone: str) -> str:
    """1 Dec 2010, 08:26:00 by the clock of a zone."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b %Y, %H:%M:%S}"


def second(at: datetime, zone: str) -> str:
    """1 Dec, 08:26:00 by the clock of a zone, for what happened lately."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b, %H:%M:%S}"


def minute(at: datetime, zone: str, *, year: bool = False) -> str:
    """Wed 1 Dec, 08:26 by the clock of a zone; with seconds where it has any."""
    local = at.astimezone(ZoneInfo(zone))
    clock = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    day = f"{local:%a} {local.day} {local:%b}"
    return f"{day} {local.year}, {clock}" if year else f"{day}, {clock}"


def lasted(seconds: float | None) -> str:
    """How long something took: 38 ms, 1.24 s, 2 min 5 s."""
    if seconds is None:
        return ""
    if seconds < 1:
        return f"{seconds * 1000:.0f}\u00a0ms"
    if seconds < 60:
        return f"{seconds:.2f}\u00a0s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}\u00a0h {minutes}\u00a0min" if hours else f"{minutes}\u00a0min {rest}\u00a0s"


def until(seconds: float) -> str:
    """How long it is until something: in 14 min, in 5 h 37 min, in 3 days; now, where it is due."""
    if seconds <= 0:
        return "now"
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    if hours >= 48:
        return f"in {round(hours / 24)}\u00a0days"
    if hours:
        return f"in {hours}\u00a0h {rest}\u00a0min" if rest else f"in {hours}\u00a0h"
    return f"in {minutes}\u00a0min" if minutes else "within a minute"


def sentence(words: str | None) -> str:
    """Words that begin small, such as a reason, as a sentence."""
    if not words:
        return ""
    end = "" if words[-1] in ".…?!" else "."
    return f"{words[0].upper()}{words[1:]}{end}"


def shortened(text: str, longest: int = 120) -> str:
    """The first line of a text, cut where it is long."""
    line = text.strip().partition("\n")[0]
    return line if len(line) <= longest else line[: longest - 1] + "…"
