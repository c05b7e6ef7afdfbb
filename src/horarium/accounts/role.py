"""What an account may do. Pure.

A reader looks; an operator also acts: on jobs, queues, schedules and the shop; an admin also sees
what is other users' own, such as their journals.
"""

from enum import StrEnum


class Role(StrEnum):
    """From the one that may do least."""

    READER = "reader"
    OPERATOR = "operator"
    ADMIN = "admin"

    def may(self, needed: "Role") -> bool:
        """Whether this role includes another."""
        order = list(Role)
        return order.index(self) >= order.index(needed)
