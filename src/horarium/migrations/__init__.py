"""The schema of the database, as a row of revisions.

Revisions hold SQL, not model differences: a changed partial index or CHECK is invisible to
autogenerate. `upgrade` may be called by any number of processes at once; they take turns.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

from horarium.errors import Unavailable

NEWER = "the database's schema is of a newer version of Horarium; install that version here"
_FOLDER = Path(__file__).parent
_alembic = Lock()
"""Alembic keeps what it works on in module globals: one migration at a time in a process."""


def upgrade(url: str) -> None:
    """Bring the database at ``url`` (a ``postgresql://`` address) to the newest revision.

    All revisions run in one transaction: a failing one leaves the database as it was.

    Raises:
        Unavailable: the database is at a revision that only a newer Horarium has.
    """
    # Alembic brings SQLAlchemy, which no other part of a worker needs: it is imported here.
    from alembic import command
    from alembic.config import Config
    from alembic.script.revision import ResolutionError
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["url"] = url

    # Alembic starts an event loop of its own; in a thread it may be called from anywhere.
    with _alembic, ThreadPoolExecutor(1, "migrations") as thread:
        try:
            thread.submit(command.upgrade, config, "head").result()
        except CommandError as error:
            if isinstance(error.__cause__, ResolutionError):
                raise Unavailable(NEWER) from None
            raise


async def upgrade_async(url: str) -> None:
    """The same as `upgrade`, for callers inside an event loop."""
    await asyncio.to_thread(upgrade, url)


def newest() -> str:
    """The revision that this version of Horarium expects in the database.

    Revisions are named for their files, which are numbered.
    """
    return max(known())


def known() -> frozenset[str]:
    """The revisions that this version of Horarium has."""
    return frozenset(file.stem for file in (_FOLDER / "versions").glob("*.sql"))
