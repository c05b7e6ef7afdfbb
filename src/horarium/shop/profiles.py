"""The shop itself: the zone whose days its reports count, and its money."""

import msgspec

from horarium.database import Connection, statement
from horarium.errors import InvalidInput
from horarium.shop.money import currency_code
from horarium.zones import no_zone, zone_names


class Profile(msgspec.Struct, frozen=True):
    """An IANA zone and an ISO 4217 currency."""

    zone: str
    currency: str


async def profile(connection: Connection) -> Profile | None:
    """The shop's profile; none before it was settled."""
    row = await connection.fetchrow(statement(__package__, "read_profile"))
    return Profile(**row) if row else None


async def settle_profile(connection: Connection, zone: str, currency: str) -> Profile:
    """Make this the shop's profile, and return it.

    A zone that differs from the one before moves the days of all orders: reports that were built
    stay as they are until they are built again. The caller compares, and marks what was reported.

    Raises:
        InvalidInput: there is no such zone or currency.
    """
    settled = Profile(known_zone("zone", zone), currency_code("currency", currency))
    await connection.execute(
        statement(__package__, "settle_profile"), settled.zone, settled.currency
    )
    return settled


def known_zone(field: str, zone: str) -> str:
    """The zone's name, if there is such a zone.

    Raises:
        InvalidInput: there is none.
    """
    if zone in zone_names():
        return zone
    raise InvalidInput(field, no_zone(zone))
