"""`horarium up` and `demo`, and the parts alone: `web`, `scheduler`; `worker` is in `workers`."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from cyclopts import App

from horarium.cli.options import AppName

if TYPE_CHECKING:
    from horarium.application import Horarium

SUPERVISED = "HORARIUM_SUPERVISED"
"""Names the part of `horarium up` that a process is, or "worker 2" where it is the second of
several workers under one supervisor; it ends when its standard input closes."""


def add(app: App) -> None:
    """Add these commands; `worker` has a module of its own."""
    for command in (up, demo, web, scheduler):
        app.command(command)


def up(*, host: str | None = None, port: int | None = None, app: AppName = None) -> int:
    """Run everything: database, migrations, worker, scheduler, API and dashboard.

    Without DATABASE_URL a PostgreSQL of its own is started in .horarium/. Ctrl-C stops it all.

    Parameters
    ----------
    host
        The address to listen on; without it HORARIUM_HOST, else 127.0.0.1.
    port
        The port; without it HORARIUM_PORT, else 8000.
    app
        Your application as module:name; it includes the built-in one unless told not to.
    """
    from horarium.cli.supervisor import run_everything

    return run_everything(_environment(host, port, app), sample=False)


def demo(*, host: str | None = None, port: int | None = None) -> int:
    """Run everything, on one month of real orders, with their reports built.

    Parameters
    ----------
    host
        The address to listen on; without it HORARIUM_HOST, else 127.0.0.1.
    port
        The port; without it HORARIUM_PORT, else 8000.
    """
    from horarium.cli.supervisor import run_everything

    return run_everything(_environment(host, port, None), sample=True)


def web(*, host: str | None = None, port: int | None = None, app: AppName = None) -> int:
    """Serve the API and the dashboard.

    Parameters
    ----------
    host
        The address to listen on; without it HORARIUM_HOST, else 127.0.0.1.
    port
        The port; without it HORARIUM_PORT, else 8000.
    app
        Your application as module:name.
    """
    from horarium.cli.opening import find_application
    from horarium.web import serve

    os.environ.update(_environment(host, port, app))
    application = find_application()
    begin("web")
    settings = application.settings
    return serve(application, settings.host, settings.port) or 0


def scheduler(*, app: AppName = None) -> int:
    """Decide due times. Any number of schedulers may run; none of them doubles anything.

    Parameters
    ----------
    app
        Your application as module:name.
    """
    from horarium.cli.opening import find_application

    # Imported before signals are kept for the loop: one that comes meanwhile ends the process.
    application = find_application(app)
    return serve(lambda stop: _schedule(stop, application), "scheduler")


async def _schedule(stop: asyncio.Event, application: "Horarium") -> None:
    running = asyncio.create_task(_decide(application))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
    finally:
        running.cancel()
        stopping.cancel()
        await asyncio.gather(running, stopping, return_exceptions=True)
        await application.close()


async def _decide(application: "Horarium") -> None:
    application.broker.is_scheduler_process = True
    await application.require_ready()
    await application.scheduler.synchronise()
    await application.scheduler.engine().run()


def serve(act: Callable[[asyncio.Event], Coroutine[Any, Any, None]], process: str) -> int:
    """Run a part until it is told to stop: once politely, a second time at once."""
    import uvloop

    async def until_told() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        current = asyncio.current_task()

        def told() -> None:
            if stop.is_set() and current is not None:
                current.cancel()
            stop.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, told)
        await act(stop)

    begin(process)
    try:
        uvloop.run(until_told())
    except asyncio.CancelledError:
        return 1
    return 0


def begin(process: str) -> None:
    """Logs, and the watch on the supervisor where there is one."""
    from horarium import logs
    from horarium.settings import load

    supervised = os.environ.get(SUPERVISED)
    logs.configure(load().log_level, process=supervised)
    if supervised is not None and supervised.split()[0] == process:
        threading.Thread(target=_end_with_supervisor, daemon=True, name="supervised").start()


def is_member() -> bool:
    """Whether this process is one of several workers under one supervisor."""
    return os.environ.get(SUPERVISED, "").startswith("worker ")


def _end_with_supervisor() -> None:
    """The supervisor holds the other end of standard input; when it dies, however, it closes."""
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _environment(host: str | None, port: int | None, app: str | None) -> dict[str, str]:
    given = {"HORARIUM_HOST": host, "HORARIUM_PORT": port, "HORARIUM_APP": app}
    return {name: str(value) for name, value in given.items() if value is not None}
