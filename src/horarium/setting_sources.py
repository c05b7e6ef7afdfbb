"""Where the texts of settings stand: in the environment, else in ``horarium.toml``."""

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from horarium.addresses import address
from horarium.errors import InvalidSetting
from horarium.setting_values import Secrets

FILE = "horarium.toml"


class Setting(NamedTuple):
    """One setting: its variable, how its text is read, and whether it holds a secret."""

    variable: str
    read: Callable[[str], Any]
    secret: bool = False


SOURCE = Setting("HORARIUM_SOURCE_", address("postgresql", "postgres", "sqlite"), secret=True)
"""A database that reports read: its name follows, or stands under ``[sources]`` in the file."""
SECRET = "HORARIUM_SECRET_"  # noqa: S105 - the beginning of a name
"""A secret that others name: its name follows, or stands under ``[secrets]`` in the file."""
_DELIVERIES = "HORARIUM_DELIVERIES"
_TABLES = ("deliveries", "secrets", "sources")
_SOURCE_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


class Texts(NamedTuple):
    """What was written: the variables of the environment, and the file."""

    environment: Mapping[str, str]
    file: Mapping[str, Any]

    def value(self, setting: Setting) -> tuple[str, Any]:
        """Where a setting was written, and its value; ``default`` and `None`: nowhere.

        Raises:
            InvalidSetting: the value cannot be used.
        """
        text = self.environment.get(setting.variable)
        if text:
            return setting.variable, _read(setting, setting.variable, text)
        written = self.file.get(setting.variable.lower())
        if written is not None:
            return FILE, _read(setting, FILE, str(written))
        return "default", None

    def deliveries(self) -> dict[str, Any]:
        """The table ``[deliveries]``, or the same as JSON in the environment."""
        text = self.environment.get(_DELIVERIES)
        if not text:
            return dict(self.file.get("deliveries", {}))
        try:
            return msgspec.json.decode(text, type=dict[str, dict[str, Any]])
        except msgspec.DecodeError as error:
            raise InvalidSetting(_DELIVERIES, f"it takes a JSON object: {error}") from None

    def secrets(self) -> Secrets:
        """The table ``[secrets]``, and each ``HORARIUM_SECRET_<NAME>``."""
        found = Secrets()
        for name, (source, text) in self._named("secrets", SECRET).items():
            if not isinstance(text, str) or not text:
                raise InvalidSetting(f"{name} of the secrets in {source}", "it takes a text")
            found[name.lower()] = text
        return found

    def report_sources(self) -> tuple[dict[str, str], dict[str, str]]:
        """The databases that reports read, and where each was named."""
        found, where = dict[str, str](), dict[str, str]()
        for name, (source, text) in self._named("sources", SOURCE.variable).items():
            place = Setting(f"{SOURCE.variable}{name.upper()}", SOURCE.read)
            if not _SOURCE_NAME.fullmatch(name) or not isinstance(text, str):
                raise InvalidSetting(
                    f"{name} of the sources in {source}",
                    "it takes a name of lower-case letters, digits and _, and an address as text",
                )
            found[name], where[f"source {name}"] = _read(place, source, text), source
        return found, where

    def _named(self, table: str, prefix: str) -> dict[str, tuple[str, Any]]:
        """A table of the file and the variables that begin so: sources and texts by name."""
        found = {name: (FILE, text) for name, text in self.file.get(table, {}).items()}
        for variable, text in self.environment.items():
            if variable.startswith(prefix) and text:
                found[variable.removeprefix(prefix).lower()] = (variable, text)
        return found


def read_file(path: Path, settings: Iterable[Setting]) -> dict[str, Any]:
    """What the file holds; nothing where there is none.

    Raises:
        InvalidSetting: it cannot be read, or names a setting that does not exist.
    """
    try:
        written = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidSetting(FILE, f"it cannot be read: {error}") from None
    known = {setting.variable.lower() for setting in settings}
    for table in _TABLES:
        if not isinstance(written.get(table, {}), dict):
            raise InvalidSetting(f"{table} in {FILE}", "it takes a table of names and values")
    for name in written:
        if name not in known and name not in _TABLES:
            meant = _nearest(name, known)
            hint = f"; did you mean {meant}?" if meant else ""
            raise InvalidSetting(f"{name} in {FILE}", f"there is no such setting{hint}")
    return written


def _nearest(name: str, known: Iterable[str]) -> str | None:
    """The setting that was probably meant; names are those of variables, most begin in one way."""
    long = difflib.get_close_matches(f"horarium_{name}", known, n=1, cutoff=0.8)
    near = long or difflib.get_close_matches(name, known, n=1)
    return near[0] if near else None


def _read(setting: Setting, source: str, text: str) -> Any:
    try:
        return setting.read(text)
    except ValueError as error:
        where = "" if source == setting.variable else f" in {source}"
        name = setting.variable if not where else setting.variable.lower()
        raise InvalidSetting(f"{name}{where}", str(error)) from None
