"""The web: Litestar API and dashboard.

    horarium.web.asgi(app)               # to be mounted, or served by any ASGI server
    horarium.web.serve(app, host, port)  # with uvicorn, until told to stop

Importing this imports Litestar, which takes most of a second: the command line does so only
where it serves.
"""

from horarium.web.server import serve
from horarium.web.site import asgi

__all__ = ["asgi", "serve"]
