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
    """Queues by name with their weights, `None` where none has one: ``mail:3,reports``.

    A name may have a colon of its own. Where one is given without a weight it may be that the
    weight is wrong: beside weights it is refused, alone whoever knows the queues has to judge.
    """
    takes = "it takes names separated by commas, such as mail,reports, or with weights: mail:3"
    queues: dict[str, int | None] = {}
    for each in value.split(","):
        name, colon, weight = (part.strip() for part in each.rpartition(":"))
        weighted = bool(colon) and _A_NUMBER.fullmatch(weight) is not None
        if not weighted:
            name = each.strip()
        if not name or name in queues or (weighted and not _is_weight(weight)):
            raise ValueError(f"{each!r} cannot be used; {takes} (a weight is 1 to 1000)")
        queues[name] = int(weight) if weighted else None
    if not any(queues.values()):
        return queues
    for name, number in queues.items():
        if number is None and ":" in name:
            raise ValueError(no_weight(name))
    return {name: number or 1 for name, number in queues.items()}


def no_weight(queue: str) -> str:
    """What is wrong with a queue such as ``mail:high``, where it cannot be a name."""
    weight = queue.rpartition(":")[2]
    return (
        f"{queue!r} cannot be used: {weight!r} is no weight, which is a whole number from 1 to "
        f"1000; a queue whose name has a colon is given with its weight: {queue}:1"
    )


def _is_weight(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 4 and 1 <= int(text) <= 1000


_A_NUMBER = re.compile(r"([+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?)?", re.IGNORECASE)
"""What is meant as a weight, be it one or not; also nothing at all."""


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
