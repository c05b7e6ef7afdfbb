"""Deliveries over HTTP: what was sent to whom, and sending again what was given up."""

import datetime as dt
from typing import Annotated

from litestar import get, post
from litestar.params import QueryParameter
from msgspec.structs import astuple

from horarium import deliveries
from horarium.deliveries import Delivery, DeliveryState
from horarium.shop import Page
from horarium.web.api.parameters import App, Identity, PageNumber, PageSize, refuses


class Deliveries(Page[Delivery], frozen=True):
    """A page of deliveries, newest first; `total` counts those of all pages."""


@get("/deliveries", tags=["Exports"], summary="List deliveries", responses=refuses())
async def list_deliveries(
    app: App,
    report: Annotated[str | None, QueryParameter(description="Of this report.")] = None,
    date: Annotated[dt.date | None, QueryParameter(description="Of this day.")] = None,
    in_state: Annotated[
        DeliveryState | None, QueryParameter(name="state", description="In this state.")
    ] = None,
    page: PageNumber = 1,
    count: PageSize = 10,
) -> Deliveries:
    """Final revisions that are or were sent to somebody, newest first."""
    async with app.database.connection() as connection:
        found = await deliveries.list_deliveries(
            connection, page, count, report=report, day=date, state=in_state
        )
    return Deliveries(*astuple(found))


@get(
    "/deliveries/{delivery_id:str}",
    tags=["Exports"],
    summary="Read a delivery",
    responses=refuses(404),
)
async def read_delivery(app: App, delivery_id: Identity) -> Delivery:
    """One delivery, with what its last try said. Its job has the attempts."""
    async with app.database.connection() as connection:
        return await deliveries.read_delivery(connection, delivery_id)


@post(
    "/deliveries/{delivery_id:str}/retries",
    status_code=202,
    tags=["Exports"],
    summary="Send a delivery again",
    responses=refuses(404, 409),
)
async def retry_delivery(
    app: App,
    delivery_id: Identity,
    again: Annotated[
        bool, QueryParameter(description="Also one that arrived, or was superseded.")
    ] = False,
) -> Delivery:
    """Queue the job of a delivery that was given up once more. One that arrived is refused with
    409, unless `again` asks for it: the receiver then gets it a second time, under the same id.
    """
    async with app.database.transaction() as connection:
        return await app.deliveries.retry(connection, delivery_id, again=again)


ROUTES = [list_deliveries, read_delivery, retry_delivery]
