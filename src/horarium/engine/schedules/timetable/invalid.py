"""The one error of the timetable: a rule that cannot be kept, with its field and the reason."""

CRON_FIELDS = ("second", "minute", "hour", "day-of-month", "month", "day-of-week")


class InvalidTimetable(ValueError):
    """A timetable was refused.

    `field` is the name of a cron field (`CRON_FIELDS`) or of a field of the timetable;
    `reason` says what is wrong with it. The message is one sentence made of both.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(field, reason)
        self.field = field
        self.reason = reason

    def __str__(self) -> str:
        kind = "cron field " if self.field in CRON_FIELDS else ""
        return f"{kind}'{self.field}': {self.reason}"
