"""What single settings take: each function reads the text of one kind of value.

Raises, all of them:
    ValueError: the words of which say what the setting takes.
"""

import base64
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from horarium.zones import no_zone, zone_names


class Keys(tuple[str, ...]):
    """Secret keys, which are counted where they would be shown."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"set, {len(self)} in all"

    __str__ = __repr__


class Secrets(dict[str, str]):
    """Secrets by their names, which are not shown."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"secrets called {', '.join(sorted(self))}" if self else "no secrets"

    __str__ = __repr__


def text(value: str) -> str:
    if not value.strip():
        raise ValueError("it is empty; leave it out or give it a value")
    return value.strip()


def port(value: str) -> int:
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise ValueError(f"{value!r} is no port; it takes a number from 1 to 65535")
    return int(value)


def count(value: str) -> int:
    if not value.isdecimal() or int(value) < 1:
        raise ValueError(f"{value!r} is no count; it takes a whole number of at least 1")
    return int(value)


def seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise ValueError(f"{value!r} is no duration; it takes seconds greater than 0, such as 30")
    return seconds


def size(value: str) -> int:
    found = _SIZE.fullmatch(value.strip())
    size = int(float(found[1]) * _UNITS[(found[2] or "").lower()]) if found else 0
    if size < 1:
        raise ValueError(f"{value!r} is no size; it takes bytes, or such as 500MB, 1.5GB or 512MiB")
    return size


_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,9})?) ?((?:[KMGT]i?)?B?)", re.IGNORECASE)
_UNITS = {
    f"{letter}{binary}{end}": (1024 if binary else 1000) ** power
    for power, letter in enumerate(("", "k", "m", "g", "t"))
    for binary in (("", "i") if letter else ("",))
    for end in ("b", "")
}


def queues(value: str) -> Mapping[str, int | None]:
    """Queues by name with their weights, `None` where none has one: ``mail:3,reports``."""
    takes = "it takes names separated by commas, such as mail,reports, or with weights: mail:3"
    queues: dict[str, int | None] = {}
    for each in value.split(","):
        name, colon, weight = each.strip().rpartition(":")
        if not (colon and weight.isdecimal()):
            name, weight = each.strip(), ""
        if not name or name in queues or (weight and not 1 <= int(weight) <= 1000):
            raise ValueError(f"{each!r} cannot be used; {takes} (a weight is 1 to 1000)")
        queues[name] = int(weight) if weight else None
    if any(queues.values()):
        return {name: weight or 1 for name, weight in queues.items()}
    return queues


def days(value: str) -> int:
    if not value.isdecimal() or not 1 <= int(value) <= 36500:
        raise ValueError(f"{value!r} is no number of days; it takes a whole number from 1 to 36500")
    return int(value)


def zone(value: str) -> str:
    if value in zone_names():
        return value
    raise ValueError(no_zone(value))


def currency(value: str) -> str:
    if len(value) == 3 and value.isascii() and value.isalpha():
        return value.upper()
    raise ValueError(f"{value!r} is no currency; it takes an ISO 4217 code, such as EUR")


def mail_address(value: str) -> str:
    if re.fullmatch(r"[^@\s<>,]+@[^@\s<>,]+", value.strip()):
        return value.strip()
    raise ValueError(f"{value!r} is no mail address; it takes one such as ops@example.org")


def mail_addresses(value: str) -> str:
    return ", ".join(mail_address(each) for each in value.split(","))


def ready_by(value: str) -> str:
    if READY_BY.fullmatch(value.strip()):
        return value.strip()
    raise ValueError(
        f"{value!r} is no time; it takes a local time such as 06:00, or one after the end of the "
        "period such as +00:30"
    )


READY_BY = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|\+\d{1,3}:[0-5]\d")
"""A local time of day, or hours and minutes after the end of a period."""


def one_of(*choices: str) -> Callable[[str], str]:
    takes = f"it takes {', '.join(choices[:-1])} or {choices[-1]}"

    def read(value: str) -> str:
        if value.lower() in choices:
            return value.lower()
        raise ValueError(f"{value!r} will not do; {takes}")

    return read


def hosts(value: str) -> tuple[str, ...]:
    hosts = tuple(each.strip().lower() for each in value.split(","))
    for host in hosts:
        if host != "*" and not re.fullmatch(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]", host):
            raise ValueError(
                f"{host!r} is no name of a host; it takes names as they stand in the address, "
                "without a port, with commas between; or * for all"
            )
    return hosts


def keys(value: str) -> Keys:
    keys = Keys(each.strip() for each in value.split(",") if each.strip())
    for number, key in enumerate(keys, 1):
        try:
            length = len(base64.urlsafe_b64decode(key))
        except ValueError:
            length = 0
        if length != 32:
            raise ValueError(
                f"key {number} of {len(keys)} is no key; it takes 32 bytes as URL-safe base64, as "
                "cryptography's Fernet.generate_key() makes them, several with commas between"
            )
    return keys


def path(value: str) -> Path:
    return Path(text(value)).expanduser()


def report_folder(value: str) -> Path:
    folder = path(value)
    if not folder.is_dir():
        raise ValueError(f"{value!r} is no folder; it takes one with .sql files of reports")
    return folder
