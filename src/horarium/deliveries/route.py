"""Routes: who is sent the final revisions of which report, and how. Pure.

[deliveries.finance]
report = "orders"
mail = ["boss@example.org", "books@example.org"]
format = "xlsx"

[deliveries.warehouse]
report = "orders"
webhook = "https://warehouse.example.org/hooks/orders"
secret = "warehouse"            # its value is HORARIUM_SECRET_WAREHOUSE
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from horarium.errors import InvalidSetting
from horarium.exports import CsvStyle, Format

EVERY_REPORT = "*"
OLDEST = 31
"""Days after the end of a period within which its revisions are sent, unless a route says other."""

ATTACHED = 10_000_000
"""Bytes up to which a file is attached to a mail; a larger one is a link."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_ADDRESS = re.compile(r"[^@\s<>,]+@[^@\s<>,]+")


class Route(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One way for revisions to go; to mail addresses, or to one webhook.

    Attributes:
        report: the report's name, or `*` for all.
        mail: addresses; each gets a letter of its own.
        webhook: an address that begins with https:// or http://.
        secret: the name of the secret that signs what a webhook gets.
        format: of the file that is attached or linked to.
        attach_up_to: bytes up to which it is attached; 0: always a link.
        oldest: days after the end of a period within which its revisions are sent.
        backfills: send revisions that a backfill made, too.
        private: the webhook may be on this machine or in a private network.
    """

    name: str = ""
    report: str = EVERY_REPORT
    mail: list[str] | str = []
    webhook: str | None = None
    secret: str | None = None
    format: Format = Format.CSV
    style: CsvStyle = CsvStyle()
    attach_up_to: int = ATTACHED
    oldest: int = OLDEST
    backfills: bool = False
    private: bool = False

    @property
    def channel(self) -> Literal["mail", "webhook"]:
        return "mail" if self.webhook is None else "webhook"

    @property
    def recipients(self) -> list[str]:
        """The addresses of its readers, or the webhook under the route's name."""
        if self.webhook is not None:
            return [self.name]
        return [self.mail] if isinstance(self.mail, str) else self.mail

    def takes(self, report: str, reason: str, age: timedelta) -> bool:
        """Whether a revision goes this way: of which report, why it was built, how long ago its
        period ended."""
        if self.report not in (EVERY_REPORT, report):
            return False
        if reason == "backfill" and not self.backfills:
            return False
        return age <= timedelta(days=self.oldest)


def routes(written: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, Route]:
    """The routes of the settings, by their names.

    Raises:
        InvalidSetting: one of them cannot be used; the message names it and its field.
    """
    return {name: _route(name, values, secrets) for name, values in written.items()}


def _route(name: str, values: Any, secrets: Mapping[str, str]) -> Route:
    field = f"deliveries.{name}"
    if not _NAME.fullmatch(name):
        raise InvalidSetting(field, "a name takes lower-case letters, digits, _ and -")
    try:
        route = msgspec.convert(values, Route)
    except msgspec.ValidationError as error:
        raise InvalidSetting(field, str(error)) from None
    route = msgspec.structs.replace(route, name=name)
    reason = _wrong(route, secrets)
    if reason is not None:
        raise InvalidSetting(field, reason)
    return route


def _wrong(route: Route, secrets: Mapping[str, str]) -> str | None:
    if (route.webhook is None) == (not route.mail):
        return "it takes either mail or webhook, one of the two"
    if route.webhook is None:
        if route.secret is not None or route.private:
            return "secret and private are of webhooks"
        bad = [each for each in route.recipients if not _ADDRESS.fullmatch(each)]
        if bad:
            return f"{bad[0][:100]!r} is no mail address; it takes one such as ops@example.org"
        doubled = len(set(route.recipients)) < len(route.recipients)
        return "a mail address is named twice" if doubled else None
    return _wrong_webhook(route, secrets)


def _wrong_webhook(route: Route, secrets: Mapping[str, str]) -> str | None:
    place = urlsplit(route.webhook or "")
    if place.scheme not in ("http", "https") or not place.hostname:
        return "webhook takes an address that begins with https:// or http://"
    if place.username or place.password:
        return "webhook takes an address without a name and a password; use a secret"
    if route.secret is None:
        return "a webhook needs a secret, by its name"
    if route.secret.lower() not in secrets:
        variable = f"HORARIUM_SECRET_{route.secret.upper()}"
        return f"there is no secret {route.secret!r}; set {variable} or name it under [secrets]"
    return None
