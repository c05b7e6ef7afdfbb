"""The one tree of errors that Horarium raises on purpose.

Each message is a sentence that says what was wrong, where, and what to do about it.
`horarium.web.problems` maps the tree to HTTP, `horarium.cli.run` to exit statuses.
"""


class HorariumError(Exception):
    """Something that Horarium understood and refuses or could not do."""


class InvalidInput(HorariumError):
    """A value from outside is not usable; nothing was changed.

    Attributes:
        field: the name of the value as its sender wrote it, e.g. ``report_at``.
        reason: what is wrong with it, and what it takes.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class InvalidSetting(InvalidInput):
    """A setting has a value that cannot be used; the program does not start with it."""


class NotFound(HorariumError):
    """There is nothing under this name."""


class Conflict(HorariumError):
    """The request is well formed, but what is there now forbids it."""


class Unavailable(HorariumError):
    """A server that is needed does not answer."""


class TooBusy(HorariumError):
    """There is no room for one more now; later there will be."""
