"""The web, in a process that dies between the commit and the answer when a request asks for it.

As under a supervisor, another follows it; it is forked, so that this takes no time.
"""

import os
import signal
import sys
from typing import Any

import uvicorn

from horarium.application import Horarium
from horarium.settings import load
from horarium.web import asgi
from horarium.web.server import listen


def dying(site: Any) -> Any:
    """The site; a request with the header `x-die` is done, committed, and never answered."""

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        asked = any(name == b"x-die" for name, _ in scope.get("headers", ()))

        async def answer(message: Any) -> None:
            if asked and message["type"] == "http.response.start":
                os.kill(os.getpid(), signal.SIGKILL)
            await send(message)

        await site(scope, receive, answer)

    return serve


def main() -> None:
    listener = listen("127.0.0.1", 0)
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    while (child := os.fork()) != 0:
        os.waitpid(child, 0)
    config = uvicorn.Config(dying(asgi(Horarium(load()))), log_config=None, lifespan="on")
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
