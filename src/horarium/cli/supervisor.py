"""`horarium up`: prepares the database, then keeps web, worker and scheduler running.

The parts are processes of their own, the same that run alone on other machines. One that dies is
started again; when the supervisor ends, in whatever way, they end too, because their standard
input closes. The supervisor owns the embedded PostgreSQL for as long as it lives.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping

import structlog
from rich.console import Console

from horarium import logs
from horarium.application import Horarium
from horarium.cli.opening import find_application
from horarium.cli.processes import SUPERVISED
from horarium.errors import Unavailable
from horarium.outage import TRANSIENT
from horarium.settings import load
from horarium.sockets import listen

PARTS = ("web", "worker", "scheduler")
_GRACE = 40.0
_LOOK_AFTER_DATABASE = 2.0
_log = structlog.get_logger()


def run_everything(environment: Mapping[str, str], *, sample: bool) -> int:
    """Run until told to stop; returns the exit status."""
    os.environ.update(environment)
    if sample:
        _take_the_samples_zone()
    logs.configure(load().log_level, process="horarium")
    return asyncio.run(_run(sample))


def _take_the_samples_zone() -> None:
    """The sample is of a shop in London; whoever sets a zone of their own keeps it."""
    sources = load().sources
    if sources["zone"] == "default":
        os.environ["HORARIUM_ZONE"] = "Europe/London"
    if sources["currency"] == "default":
        os.environ["HORARIUM_CURRENCY"] = "GBP"


async def _run(sample: bool) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    application = find_application()
    settings = application.settings
    # Before anything is begun: a port that is taken would only be found by the web part, later.
    listen(settings.host, settings.port).close()
    try:
        await _prepare(application, stop, sample=sample)
        if not stop.is_set():
            await _keep_running(application, stop)
    except TRANSIENT as error:
        raise application.explained(error) from error
    finally:
        await application.close()
    return 0


async def _prepare(application: Horarium, stop: asyncio.Event, *, sample: bool) -> None:
    """Make everything ready, one step after the other: none is begun when told to stop."""
    said = Console(stderr=True, highlight=False)
    if application.settings.database_url is None:
        said.print(f"Starting PostgreSQL in {application.settings.home / 'postgres'} …")
    await application.database.url()
    if not stop.is_set():
        await application.migrate()
    if sample and not stop.is_set():
        from horarium.cli.sample import take_sample

        await take_sample(application, said)


async def _keep_running(application: Horarium, stop: asyncio.Event) -> None:
    url = await application.database.url()
    keepers = [asyncio.create_task(_keep(part, url, stop)) for part in _parts(application)]
    keepers.append(asyncio.create_task(_keep_database(application, stop)))
    await _announce(application, stop)
    await stop.wait()
    Console(stderr=True).print("Stopping …")
    await asyncio.gather(*keepers)


def _parts(application: Horarium) -> tuple[str, ...]:
    """The parts of this application: messages are consumed where RabbitMQ is named."""
    return PARTS if application.settings.rabbitmq_url is None else (*PARTS, "messages")


async def _announce(application: Horarium, stop: asyncio.Event) -> None:
    """Say where to look, as soon as there is something to see."""
    settings = application.settings
    while not stop.is_set():
        try:
            _, writer = await asyncio.open_connection(settings.host, settings.port)
        except OSError:
            await _sleep(stop, 0.1)
            continue
        writer.close()
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        address = f"http://{host}:{settings.port}"
        Console(stderr=True, highlight=False).print(
            f"\n[bold]Horarium is running.[/]\n"
            f"  page  {address}\n  API   {address}/docs\nCtrl-C stops it.\n"
        )
        return


async def _keep_database(application: Horarium, stop: asyncio.Event) -> None:
    """See that the embedded PostgreSQL lives; the parts connect again by themselves."""
    while not stop.is_set():
        await _sleep(stop, _LOOK_AFTER_DATABASE)
        try:
            if not stop.is_set():
                await application.revive()
        except Unavailable as error:
            _log.error("the embedded PostgreSQL cannot be started again", error=str(error))


async def _keep(part: str, url: str, stop: asyncio.Event) -> None:
    """Keep one part running until told to stop."""
    pause = 0.5
    while not stop.is_set():
        began = time.monotonic()
        process = await _start(part, url)
        ended = asyncio.create_task(process.wait())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait((ended, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if stop.is_set():
            await _end(part, process)
            return
        pause = 0.5 if time.monotonic() - began > 10 else min(pause * 2, 30.0)
        _log.error("a part has ended; starting it again", part=part, status=process.returncode)
        await _sleep(stop, pause)


async def _start(part: str, url: str) -> asyncio.subprocess.Process:
    # A session of its own: Ctrl-C reaches the supervisor alone, which stops the parts in order.
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "horarium",
        part,
        stdin=asyncio.subprocess.PIPE,
        env={**os.environ, "DATABASE_URL": url, SUPERVISED: part},
        start_new_session=True,
    )


async def _end(part: str, process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(_GRACE):
            await process.wait()
    except TimeoutError:
        _log.error("a part did not stop in time; it is killed", part=part)
        process.kill()
        await process.wait()


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
