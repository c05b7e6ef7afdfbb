"""The application that a command works with: the user's own, where one is named."""

import asyncio
import importlib
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import asyncpg

from horarium import logs
from horarium.application import Horarium
from horarium.errors import InvalidInput
from horarium.settings import load

T = TypeVar("T")


def find_application(name: str | None = None) -> Horarium:
    """The application called ``module:name``, from `--app`, `HORARIUM_APP`, or the built-in one.

    Raises:
        InvalidInput: there is no such module, or it has no `Horarium` under that name.
    """
    name = name or load().app
    module_name, _, attribute = name.partition(":")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not module_name.startswith(error.name):
            raise
        raise InvalidInput("app", f"there is no module {module_name!r} here or installed") from None
    found = getattr(module, attribute or "app", None)
    if not isinstance(found, Horarium):
        raise InvalidInput(
            "app", f"{name!r} is no Horarium application; name one as module:name, such as shop:app"
        )
    return found


def work(act: Callable[[Horarium], Awaitable[T]], app: str | None = None) -> T:
    """Run something with an opened application, and close it."""

    async def opened() -> T:
        application = find_application(app)
        logs.configure("warning")
        async with application.running():
            try:
                return await act(application)
            except asyncpg.SyntaxOrAccessError:
                # Mostly a table is missing because nobody has migrated: then that is to be said.
                await application.require_ready()
                raise

    return asyncio.run(opened())
