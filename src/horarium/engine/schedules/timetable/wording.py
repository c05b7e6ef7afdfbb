"""A rule in a few words, as people read it in lists. Pure."""

from horarium.engine.schedules.timetable.rules import At, Cron, Every, Rule

_UNITS = ("months", "weeks", "days", "hours", "minutes", "seconds")


def worded(rule: Rule) -> str:
    """A rule in a few words: 0 9 * * 1-5, every 2 hours, once at 2026-03-02 09:00:00 UTC."""
    match rule:
        case Cron(expression):
            return expression
        case At(instant):
            return f"once at {instant:%Y-%m-%d %H:%M:%S} UTC"
        case Every() as every:
            counts = [(getattr(every, unit), unit) for unit in _UNITS]
            return " ".join(["every", *(_many(count, unit) for count, unit in counts if count)])


def _many(count: int, unit: str) -> str:
    return unit.removesuffix("s") if count == 1 else f"{count:,} {unit}"
