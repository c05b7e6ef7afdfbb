"""`horarium messages`: the part that consumes the shop's queues on RabbitMQ."""

import asyncio
from importlib.util import find_spec
from typing import TYPE_CHECKING

from cyclopts import App

from horarium.cli.options import AppName
from horarium.cli.processes import serve
from horarium.errors import InvalidSetting, Unavailable

if TYPE_CHECKING:
    from horarium.application import Horarium


def add(app: App) -> None:
    """Add this command."""
    app.command(messages)


def messages(*, app: AppName = None) -> int:
    """Consume orders and products from RabbitMQ, the queues `order` and `product`.

    Any number may run; RABBITMQ_URL says where. `horarium up` runs one where it is set.

    Parameters
    ----------
    app
        Your application as module:name.
    """
    from horarium.cli.opening import find_application

    # As a scheduler's: signals are kept for the loop from here on.
    application = find_application(app)
    return serve(lambda stop: _consume(stop, application), "messages")


async def _consume(stop: asyncio.Event, application: "Horarium") -> None:
    url = application.settings.rabbitmq_url
    if url is None:
        raise InvalidSetting("RABBITMQ_URL", "it is not set; it takes an address of amqp://")
    if find_spec("faststream") is None:
        raise Unavailable("messages need the extra: pip install 'horarium[rabbitmq]'")
    from horarium.shop.messages.consumer import Consumer

    await application.require_ready()
    try:
        await Consumer(application.database, url).run(stop)
    finally:
        await application.close()
