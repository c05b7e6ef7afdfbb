"""Whether a request needs a token. Pure.

`required`: a request without a valid token is refused. `optional`: without one everything may be
done, and with one what its account's role allows. `off`: nobody looks. Where nothing is set, a
token is required on any address but a loopback one; there it is from when the first one is made.
"""

import ipaddress
from enum import StrEnum


class Policy(StrEnum):
    """What is asked of requests."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    OFF = "off"
    ONCE_MADE = "required once a token is made"


def policy_of(auth: str | None, listens_on: str | None) -> Policy:
    """The policy of a server.

    Args:
        auth: `HORARIUM_AUTH`, if it is given.
        listens_on: the address; `None`: a parent application listens.
    """
    if auth is not None:
        return Policy(auth)
    if listens_on is None or is_loopback(listens_on):
        return Policy.ONCE_MADE
    return Policy.REQUIRED


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine reach a server that listens on this address."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def warning(policy: Policy, listens_on: str, *, token_made: bool) -> str | None:
    """What is to be said when a server starts, if anything."""
    if policy is Policy.REQUIRED and not token_made:
        return (
            "every request needs a token, and none has been made: horarium user add NAME --role "
            "admin, then horarium user token NAME"
        )
    if policy in (Policy.OPTIONAL, Policy.OFF) and not is_loopback(listens_on):
        return (
            f"whoever reaches {listens_on} may do everything without a token, because "
            f"HORARIUM_AUTH is {policy}; without that setting a token is required on this address"
        )
    return None
