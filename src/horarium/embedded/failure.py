"""What went wrong with an embedded PostgreSQL, as one sentence."""

from pathlib import Path

from horarium.errors import Unavailable

FULL = "No space left on device"
_SIGNS = ("PANIC:", "FATAL:", "error:", "ERROR:", "not found", "cannot execute", "failed")


class EmbeddedPostgresError(Unavailable):
    """The embedded PostgreSQL cannot be used; the message says why, where, and what to do."""


def failure(act: str, place: Path, output: str) -> EmbeddedPostgresError:
    """The error for a PostgreSQL program that gave up.

    Args:
        act: what was tried, such as ``start``.
        place: the data folder.
        output: what the program wrote.
    """
    if FULL in output:
        return EmbeddedPostgresError(
            f"PostgreSQL could not {act} in {place}: the disk is full. "
            "Free some space there, or set HORARIUM_HOME to a folder on another disk."
        )
    return EmbeddedPostgresError(
        f"PostgreSQL could not {act} in {place}: {_reason(output)}. "
        f"More may stand in {place / 'server.log'}."
    )


def _reason(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if any(sign in line for sign in _SIGNS)]
    last = (telling or lines or ["it ended without a word"])[-1]
    for sign in ("PANIC:", "FATAL:", "error:"):
        last = last.rpartition(sign)[2]
    return last.strip().rstrip(".")
