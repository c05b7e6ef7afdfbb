"""Deliveries: each revision that is or was sent to somebody, in `horarium.deliveries`."""

from datetime import date, datetime
from enum import StrEnum

import msgspec

from horarium.database import Connection, statement
from horarium.errors import NotFound
from horarium.shop.pages import Page, listed, window


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    RETRYING = "retrying"
    DELIVERED = "delivered"
    SUPERSEDED = "superseded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A revision that is or was sent to somebody.

    Attributes:
        recipient: a mail address, or the name of a webhook's route.
        attempts: tries that failed, and the one that did not.
        error: what the last try that failed said.
        size: bytes of what was sent.
        job: the job that sends it.
    """

    id: str
    report: str
    day: date
    starts_at: datetime
    revision: int
    route: str
    channel: str
    recipient: str
    format: str
    reason: str
    state: DeliveryState
    attempts: int
    error: str | None
    size: int | None
    job: str
    created_at: datetime
    tried_at: datetime | None
    delivered_at: datetime | None


async def list_deliveries(
    connection: Connection,
    page: int = 1,
    count: int = 10,
    *,
    report: str | None = None,
    day: date | None = None,
    state: DeliveryState | None = None,
) -> Page[Delivery]:
    """Deliveries, newest first.

    Raises:
        InvalidInput: there is no such page.
    """
    rows = await connection.fetch(
        statement(__package__, "list_deliveries"), report, day, state, None, *window(page, count)
    )
    return listed(_delivery, rows, page, count)


async def read_delivery(connection: Connection, id: str) -> Delivery:
    """One delivery.

    Raises:
        NotFound: there is none of this id.
    """
    rows = await connection.fetch(
        statement(__package__, "list_deliveries"), None, None, None, id, *window(1, 1)
    )
    found = listed(_delivery, rows, 1, 1).items
    if not found:
        raise NotFound(f"there is no delivery {id[:100]!r}")
    return found[0]


def _delivery(**values: object) -> Delivery:
    values["state"] = DeliveryState(str(values["state"]))
    return Delivery(**values)  # type: ignore[arg-type]
