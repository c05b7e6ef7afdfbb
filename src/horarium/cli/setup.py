"""`horarium migrate` and `horarium check`: the ground that everything stands on."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cyclopts import App

from horarium.cli.options import Json
from horarium.cli.output import console, print_json, print_table

if TYPE_CHECKING:
    from horarium.application import Horarium


def add(app: App) -> None:
    """Add these commands."""
    app.command(migrate)
    app.command(check)


def migrate() -> None:
    """Bring the database's schema to this version. It may be run by many at once."""
    from horarium import logs, migrations
    from horarium.cli.opening import find_application

    async def act() -> None:
        application = find_application()
        logs.configure("warning")
        try:
            await application.migrate()
        finally:
            await application.close()

    asyncio.run(act())
    console().print(f"The schema is at revision {migrations.newest()}.")


def check(*, json: Json = False) -> int:
    """Show every setting with its source, whether the servers answer, and how promises stand."""
    from horarium import logs
    from horarium.addresses import mask
    from horarium.cli.opening import find_application
    from horarium.cli.promises import print_promises
    from horarium.health import Health
    from horarium.reports import Promise
    from horarium.settings import SETTINGS, load, masked

    settings = load()
    shown = {name: masked(settings, name) for name in SETTINGS}
    databases = {f"source {name}": mask(url) for name, url in settings.report_sources.items()}
    routes = {f"delivery {name}": _delivery(each) for name, each in settings.deliveries.items()}
    secrets = {f"secret {name}": "set" for name in settings.secrets}

    async def look() -> tuple[Health, list[Promise], str | None]:
        application = find_application()
        logs.configure("error")
        try:
            health = await application.health()
            if not health.migrated:
                return health, [], None
            return health, await application.promises(), await _journal(application)
        finally:
            await application.close()

    health, promises, journal = asyncio.run(look())
    if json:
        print_json(
            {
                "settings": shown | databases | routes | secrets,
                "sources": dict(settings.sources),
                "health": health,
                "promises": promises,
                "journal": journal,
            }
        )
    else:
        print_table(
            None,
            ("setting", "value", "from"),
            [
                *(
                    (each.variable, shown[name], settings.sources[name])
                    for name, each in SETTINGS.items()
                ),
                *((name, url, settings.sources[name]) for name, url in databases.items()),
                *((name, value, "settings") for name, value in (routes | secrets).items()),
            ],
            "",
        )
        verdict = "ready" if health.ready else f"not ready: {health.problem}"
        console().print(f"\nDatabase and schema: {verdict}", markup=False)
        if journal is not None:
            console().print(f"Journal: {journal}", markup=False)
        if promises:
            print_promises("\nReports that promise to be ready by a time", promises, "")
    return 0 if health.ready else 1


async def _journal(application: "Horarium") -> str | None:
    """That the journal is written elsewhere, if it is."""
    from horarium.journal import elsewhere

    if application.journal is None:
        return None
    async with application.database.connection() as connection:
        return await elsewhere(connection, application.journal.folder)


def _delivery(route: Mapping[str, Any]) -> str:
    """A route in a line; of a webhook's address the host alone, for the rest may be a secret."""
    if "webhook" in route:
        return f"{route.get('report', '*')} to {urlsplit(str(route['webhook'])).hostname}"
    to = route.get("mail", "nobody")
    return f"{route.get('report', '*')} to {to if isinstance(to, str) else ', '.join(map(str, to))}"
