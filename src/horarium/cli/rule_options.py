"""A rule that is not saved, as options: the words of a draft in the API and in files."""

from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from horarium.cli.values import instant, interval, weekdays
from horarium.errors import InvalidInput

if TYPE_CHECKING:
    from horarium.engine import CalendarDraft, Interval, RuleDraft

_Days = Annotated[list[date] | None, Parameter(negative="")]


@Parameter(name="*")
@dataclass(frozen=True)
class RuleOptions:
    """The rule and all that bounds and moves its due times.

    Parameters
    ----------
    cron
        A cron expression, such as '30 2 * * mon-fri'.
    every
        An interval: 90s, '1h 30m', 2d, '3 weeks', month.
    anchor
        The first due time of that interval; without it the interval begins now.
    at
        One instant: 2030-01-01T08:00, in UTC where it has no offset.
    zone
        Whose clock the rule goes by, such as Europe/Berlin; without it UTC.
    starts_at
        The first instant that may be due.
    ends_at
        The last instant that may be due.
    max_firings
        How many due times there are, from starts_at or the anchor.
    jitter
        Delay each firing by up to so many seconds.
    on_gap
        What becomes of a local time that a clock change leaves out; without it first_valid.
    on_fold
        Which of a local time that a clock change repeats; without it first.
    leave_out
        A day to leave out, such as 2026-12-25; may be given again.
    keep_to
        A day to keep to, and to no others; may be given again.
    weekdays
        Keep to these days of the week, such as mon-fri or mon,wed.
    on_excluded
        What becomes of a due time on a day that is left out; without it skip.
    key
        The id that the schedule would have: H and jitter spread by it.
    """

    cron: str | None = None
    every: str | None = None
    anchor: str | None = None
    at: str | None = None
    zone: str | None = None
    starts_at: str | None = None
    ends_at: str | None = None
    max_firings: int | None = None
    jitter: float | None = None
    on_gap: Literal["first_valid", "shift", "skip"] | None = None
    on_fold: Literal["first", "second", "both"] | None = None
    leave_out: _Days = None
    keep_to: _Days = None
    weekdays: str | None = None
    on_excluded: Literal["skip", "next", "previous"] | None = None
    key: str | None = None

    def given(self) -> list[str]:
        """The options that were given, as they are written."""
        names = (each.name for each in fields(self) if getattr(self, each.name) is not None)
        return [f"--{name.replace('_', '-')}" for name in names]

    def draft(self) -> "RuleDraft":
        """The rule as the API takes it.

        Raises:
            InvalidInput: an option cannot be read, or says something of what is not given.
        """
        from horarium.engine import RuleDraft

        return RuleDraft(
            cron=self.cron,
            every=self._interval(),
            at=instant("--at", self.at),
            zone=self.zone or "UTC",
            starts_at=instant("--starts-at", self.starts_at),
            ends_at=instant("--ends-at", self.ends_at),
            max_firings=self.max_firings,
            jitter=self.jitter or 0.0,
            on_gap=self.on_gap or "first_valid",
            on_fold=self.on_fold or "first",
            calendar=self._calendar(),
        )

    def _interval(self) -> "Interval | None":
        from horarium.engine import Interval

        if self.every is None:
            if self.anchor is not None:
                raise InvalidInput("--anchor", "it is where an interval begins; give --every too")
            return None
        lengths = interval("--every", self.every)
        return Interval(**lengths, anchor=instant("--anchor", self.anchor))

    def _calendar(self) -> "CalendarDraft | None":
        from horarium.engine import EVERY_DAY, CalendarDraft

        if not (self.leave_out or self.keep_to or self.weekdays):
            if self.on_excluded is not None:
                raise InvalidInput(
                    "--on-excluded",
                    "no day is excluded; give --leave-out, --keep-to or --weekdays too",
                )
            return None
        return CalendarDraft(
            leave_out=tuple(self.leave_out or ()),
            keep_to=None if self.keep_to is None else tuple(self.keep_to),
            weekdays=weekdays("--weekdays", self.weekdays) if self.weekdays else EVERY_DAY,
            on_excluded=self.on_excluded or "skip",
        )
