"""`horarium migrate` and `horarium check`: the ground that everything stands on."""

import asyncio
from typing import Annotated

from cyclopts import App, Parameter

from horarium.cli.output import console, print_json, print_table


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


def check(*, json: Annotated[bool, Parameter(negative="")] = False) -> int:
    """Show every setting with its source, and whether the servers answer.

    Parameters
    ----------
    json
        Print JSON.
    """
    from horarium import logs
    from horarium.application import Health
    from horarium.cli.opening import find_application
    from horarium.settings import SETTINGS, load, masked

    settings = load()
    shown = {name: masked(settings, name) for name in SETTINGS}

    async def look() -> Health:
        application = find_application()
        logs.configure("error")
        try:
            return await application.health()
        finally:
            await application.close()

    health = asyncio.run(look())
    if json:
        print_json({"settings": shown, "sources": dict(settings.sources), "health": health})
    else:
        print_table(
            None,
            ("setting", "value", "from"),
            (
                (each.variable, shown[name], settings.sources[name])
                for name, each in SETTINGS.items()
            ),
            "",
        )
        verdict = "ready" if health.ready else f"not ready: {health.problem}"
        console().print(f"\nDatabase and schema: {verdict}", markup=False)
    return 0 if health.ready else 1
