"""The shop itself: the zone whose days its reports count, and its money."""

import difflib
from functools import cache
from zoneinfo import available_timezones

import msgspec

from horarium.database import Connection, statement
from horarium.errors import InvalidInput
from horarium.shop.money import currency_code


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
    stay as they are until they are built again. The caller compares and says so.

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
    if zone in _zones():
        return zone
    near = difflib.get_close_matches(zone[:60], _zones(), n=1)
    hint = f"; did you mean {near[0]}?" if near else ", such as Europe/London"
    raise InvalidInput(field, f"{zone[:60]!r} is no time zone; it takes an IANA name{hint}")


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
