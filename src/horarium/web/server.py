"""The server: uvicorn, run until told to stop."""

import asyncio
import gc
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from horarium.application import Horarium
from horarium.sockets import listen
from horarium.web.head import BoundedHead
from horarium.web.site import asgi

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def serve(app: Horarium, host: str, port: int) -> int:
    """Serve the API and the dashboard until SIGINT or SIGTERM; returns the exit status.

    Requests under way are finished for up to `settings.shutdown` seconds. Neither requests nor
    their headers are logged.

    Raises:
        Unavailable: the address cannot be listened on, such as for another server that does.
    """
    listener = listen(host, port)
    config = uvicorn.Config(
        asgi(app, listens_on=host),
        access_log=False,
        http=BoundedHead,
        lifespan="on",
        log_config=None,
        loop="uvloop",
        server_header=False,
        timeout_graceful_shutdown=max(1, int(app.settings.shutdown)),
        ws="none",
    )
    # What was imported stays: it need not be looked through for garbage among requests.
    gc.collect()
    gc.freeze()
    with listener:
        server = Server(config)
        server.at_exit = app.watchers.end
        server.run(sockets=[listener])
    return 0 if server.started else 1


class Server(uvicorn.Server):
    """uvicorn's server that ends with a status of its own, not by raising the signal again.

    Attributes:
        at_exit: called when it is told to stop: streams without an end must end by themselves.
    """

    at_exit: Callable[[], None] = staticmethod(lambda: None)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop."""
        self.at_exit()
        super().handle_exit(sig, frame)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)
