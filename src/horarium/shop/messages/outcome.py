"""What became of a message."""

from enum import StrEnum
from typing import NamedTuple


class Outcome(StrEnum):
    """Done; done before; refused by the shop; not understood: the last two are dead."""

    DONE = "done"
    REPEATED = "repeated"
    REFUSED = "refused"
    UNREADABLE = "unreadable"

    @property
    def dead(self) -> bool:
        """Whether the message goes to the dead queue."""
        return self in (Outcome.REFUSED, Outcome.UNREADABLE)


class Ending(NamedTuple):
    """An outcome, and the sentence that says why where it is refused or unreadable."""

    outcome: Outcome
    reason: str = ""
