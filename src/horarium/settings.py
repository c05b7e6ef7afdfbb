"""Settings: one frozen object, read once when a process starts.

Each setting comes from the environment, else from ``horarium.toml`` in the working folder (the
same name in lower case), else from its default. A value that cannot be used stops the start with
one sentence that names the setting, its source and what it takes.
"""

import base64
import difflib
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import available_timezones

import msgspec

from horarium.errors import InvalidSetting

FILE = "horarium.toml"


def _cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Keys(tuple[str, ...]):
    """Secret keys, which are counted where they would be shown."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"set, {len(self)} in all"

    __str__ = __repr__


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a process of Horarium is told from outside. Durations are seconds, but for how many days
    ended jobs are kept (those that succeeded, and those that failed or were cancelled) and firings.
    Memory is in bytes; queues have weights, or none of them has.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    home: Path = Path(".horarium")
    app: str = "horarium.app"
    zone: str = "UTC"
    currency: str = "EUR"
    database_url: str | None = None
    rabbitmq_url: str | None = None
    redis_url: str | None = None
    smtp_url: str | None = None
    mail_to: str | None = None
    mail_from: str | None = None
    mail_every: float = 600.0
    concurrency: int = 100
    threads: int = 8
    processes: int = 1
    pool: int = msgspec.field(default_factory=lambda: _cores())
    queues: Mapping[str, int | None] | None = None
    recycle_after_jobs: int | None = None
    recycle_after_memory: int | None = None
    lease: float = 45.0
    poll: float = 30.0
    shutdown: float = 30.0
    keep_succeeded: int = 30
    keep_failed: int = 90
    keep_firings: int = 400
    serializer: str = "json"
    encryption_keys: Keys | None = None
    result_expires: float | None = None
    log_level: str = "info"
    polarity_model: Path | None = None
    sources: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Where each setting came from: its variable, ``horarium.toml`` or ``default``."""


class Setting(NamedTuple):
    """One setting: its variable, how its text is read, and whether it holds a secret."""

    variable: str
    read: Callable[[str], Any]
    secret: bool = False


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("it is empty; leave it out or give it a value")
    return value.strip()


def _port(value: str) -> int:
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise ValueError(f"{value!r} is no port; it takes a number from 1 to 65535")
    return int(value)


def _count(value: str) -> int:
    if not value.isdecimal() or int(value) < 1:
        raise ValueError(f"{value!r} is no count; it takes a whole number of at least 1")
    return int(value)


def _seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise ValueError(f"{value!r} is no duration; it takes seconds greater than 0, such as 30")
    return seconds


def _bytes(value: str) -> int:
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


def _queues(value: str) -> Mapping[str, int | None]:
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


def _days(value: str) -> int:
    if not value.isdecimal() or not 1 <= int(value) <= 36500:
        raise ValueError(f"{value!r} is no number of days; it takes a whole number from 1 to 36500")
    return int(value)


def _zone(value: str) -> str:
    zones = available_timezones()
    if value in zones:
        return value
    near = difflib.get_close_matches(value, zones, n=3)
    hint = f"; did you mean {' or '.join(near)}?" if near else ", such as Europe/London"
    raise ValueError(f"{value!r} is no time zone; it takes an IANA name{hint}")


def _currency(value: str) -> str:
    if len(value) == 3 and value.isascii() and value.isalpha():
        return value.upper()
    raise ValueError(f"{value!r} is no currency; it takes an ISO 4217 code, such as EUR")


def _address(value: str) -> str:
    if re.fullmatch(r"[^@\s<>,]+@[^@\s<>,]+", value.strip()):
        return value.strip()
    raise ValueError(f"{value!r} is no mail address; it takes one such as ops@example.org")


def _addresses(value: str) -> str:
    return ", ".join(_address(each) for each in value.split(","))


def _level(value: str) -> str:
    levels = ("debug", "info", "warning", "error")
    if value.lower() in levels:
        return value.lower()
    raise ValueError(f"{value!r} is no log level; it takes one of {', '.join(levels)}")


def _serializer(value: str) -> str:
    if value.lower() in ("json", "msgpack"):
        return value.lower()
    raise ValueError(f"{value!r} is no serializer; it takes json or msgpack")


def _keys(value: str) -> Keys:
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


def _url(*schemes: str) -> Callable[[str], str]:
    starts = " or ".join(f"{scheme}://" for scheme in schemes)

    def read(value: str) -> str:
        scheme = urlsplit(value).scheme
        if scheme in schemes:
            return value
        raise ValueError(f"it takes an address that begins with {starts}")

    return read


SETTINGS: Mapping[str, Setting] = {
    "host": Setting("HORARIUM_HOST", _text),
    "port": Setting("HORARIUM_PORT", _port),
    "home": Setting("HORARIUM_HOME", lambda value: Path(_text(value)).expanduser()),
    "app": Setting("HORARIUM_APP", _text),
    "zone": Setting("HORARIUM_ZONE", _zone),
    "currency": Setting("HORARIUM_CURRENCY", _currency),
    "database_url": Setting("DATABASE_URL", _url("postgresql", "postgres"), secret=True),
    "rabbitmq_url": Setting("RABBITMQ_URL", _url("amqp", "amqps"), secret=True),
    "redis_url": Setting("REDIS_URL", _url("redis", "rediss"), secret=True),
    "smtp_url": Setting("SMTP_URL", _url("smtp", "smtps"), secret=True),
    "mail_to": Setting("HORARIUM_MAIL_TO", _addresses),
    "mail_from": Setting("HORARIUM_MAIL_FROM", _address),
    "mail_every": Setting("HORARIUM_MAIL_EVERY", _seconds),
    "concurrency": Setting("HORARIUM_CONCURRENCY", _count),
    "threads": Setting("HORARIUM_THREADS", _count),
    "processes": Setting("HORARIUM_PROCESSES", _count),
    "pool": Setting("HORARIUM_POOL", _count),
    "queues": Setting("HORARIUM_QUEUES", _queues),
    "recycle_after_jobs": Setting("HORARIUM_RECYCLE_AFTER_JOBS", _count),
    "recycle_after_memory": Setting("HORARIUM_RECYCLE_AFTER_MEMORY", _bytes),
    "lease": Setting("HORARIUM_LEASE", _seconds),
    "poll": Setting("HORARIUM_POLL", _seconds),
    "shutdown": Setting("HORARIUM_SHUTDOWN", _seconds),
    "keep_succeeded": Setting("HORARIUM_KEEP_SUCCEEDED", _days),
    "keep_failed": Setting("HORARIUM_KEEP_FAILED", _days),
    "keep_firings": Setting("HORARIUM_KEEP_FIRINGS", _days),
    "serializer": Setting("HORARIUM_SERIALIZER", _serializer),
    "encryption_keys": Setting("HORARIUM_ENCRYPTION_KEYS", _keys, secret=True),
    "result_expires": Setting("HORARIUM_RESULT_EXPIRES", _seconds),
    "log_level": Setting("HORARIUM_LOG_LEVEL", _level),
    "polarity_model": Setting("HORARIUM_POLARITY_MODEL", lambda v: Path(_text(v)).expanduser()),
}


def load(environment: Mapping[str, str] | None = None, folder: Path | None = None) -> Settings:
    """Read the settings from the environment and from ``horarium.toml`` in ``folder``.

    Raises:
        InvalidSetting: a value cannot be used, or the file names a setting that does not exist.
    """
    environment = os.environ if environment is None else environment
    written = _read_file((folder or Path.cwd()) / FILE)
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for name, setting in SETTINGS.items():
        source, text = _find(setting.variable, environment, written)
        sources[name] = source
        if text is not None:
            values[name] = _read(setting, source, text)
    return Settings(**values, sources=sources)


def masked(settings: Settings, name: str) -> str:
    """The setting's value as text that may be shown: passwords are replaced by stars."""
    value = getattr(settings, name)
    if value is None:
        return "not set"
    if isinstance(value, Mapping):
        return ",".join(f"{key}:{held}" if held else key for key, held in value.items())
    return mask(value) if SETTINGS[name].secret and isinstance(value, str) else str(value)


def mask(url: str) -> str:
    """An address without its password, fit for logs and terminals."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    user_and_host = parts.netloc.replace(f":{parts.password}@", ":***@")
    return urlunsplit(parts._replace(netloc=user_and_host))


def _find(
    variable: str, environment: Mapping[str, str], written: Mapping[str, Any]
) -> tuple[str, str | None]:
    if environment.get(variable):
        return variable, environment[variable]
    if variable.lower() in written:
        return FILE, str(written[variable.lower()])
    return "default", None


def _read(setting: Setting, source: str, text: str) -> Any:
    try:
        return setting.read(text)
    except ValueError as error:
        where = "" if source == setting.variable else f" in {source}"
        name = setting.variable if not where else setting.variable.lower()
        raise InvalidSetting(f"{name}{where}", str(error)) from None


def _read_file(path: Path) -> dict[str, Any]:
    try:
        written = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidSetting(FILE, f"it cannot be read: {error}") from None
    known = {setting.variable.lower() for setting in SETTINGS.values()}
    for name in written:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise InvalidSetting(f"{name} in {FILE}", f"there is no such setting{hint}")
    return written
