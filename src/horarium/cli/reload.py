"""`horarium worker --reload`: the crew is renewed when its source files change."""

import importlib.machinery
import sys
from collections.abc import Iterable
from pathlib import Path

import structlog
from watchfiles import PythonFilter, awatch

from horarium.cli.crew import Crew

_SETTLED = 300
"""Milliseconds for which files must rest: an editor or a checkout writes many at once."""

_log = structlog.get_logger()


async def renew_on_change(crew: Crew, app: str) -> None:
    """Watch the working folder and the application's own, until cancelled."""
    folders = watched(app)
    _log.info("watching for changes", folders=[str(folder) for folder in folders])
    wanted = PythonFilter(extra_extensions=(".sql", ".toml"))
    async for changes in awatch(
        *folders, watch_filter=wanted, debounce=_SETTLED * 4, step=_SETTLED
    ):
        names = sorted({Path(path).name for _, path in changes})
        _log.info("the code has changed; the workers are started anew", files=names[:5])
        await crew.renew()


def watched(app: str) -> list[Path]:
    """The working folder and, if it is elsewhere, that of the application's outermost package."""
    here = Path.cwd()
    top = app.partition(":")[0].partition(".")[0]
    # Only looks: nothing is imported here, where a mistake in the code would be fatal.
    found = importlib.machinery.PathFinder.find_spec(top, [str(here), *sys.path])
    places: Iterable[str] = ()
    if found is not None:
        places = found.submodule_search_locations or ([found.origin] if found.origin else ())
    folders = [Path(place).resolve() for place in places]
    folders = [folder if folder.is_dir() else folder.parent for folder in folders]
    return [here, *(folder for folder in folders if not folder.is_relative_to(here))]
