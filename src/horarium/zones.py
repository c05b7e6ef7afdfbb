"""IANA zones: their names and their data.

They come from the `tzdata` package and never from the machine, so that two machines with the same
packages agree on every due time and every period. `zoneinfo` alone would prefer the machine's.
"""

from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.resources import files
from zoneinfo import ZoneInfo


@cache
def zone_names() -> frozenset[str]:
    """Every zone name that the tzdata package knows."""
    return frozenset(files("tzdata").joinpath("zones").read_text("utf-8").split())


@cache
def zone_info(name: str) -> ZoneInfo:
    """The zone of this name, which is one of `zone_names`."""
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def zone_data_version() -> str:
    """The version of the IANA zone data in use, such as `2026f`."""
    return str(import_module("tzdata").IANA_VERSION)


def no_zone(name: str) -> str:
    """Why a name that is none of `zone_names` is refused, in words."""
    return f"{name[:60]!r} is no time zone{suggestion(name[:60])}"


def suggestion(name: str) -> str:
    """`; did you mean ...`, or what it takes. `Moskow`, `moscow` and `Europe/Moskva` come close."""
    known = {full.lower(): full for full in sorted(zone_names())}
    cities = {full.lower().rpartition("/")[2]: full for full in sorted(zone_names())}
    wanted = name.lower().replace(" ", "_")
    city = wanted.rpartition("/")[2]
    close = [
        *(known[match] for match in get_close_matches(wanted, known, n=3, cutoff=0.75)),
        *(cities[match] for match in get_close_matches(city, cities, n=2, cutoff=0.75)),
    ]
    if not close:
        return "; it takes an IANA name such as Europe/Berlin, or UTC"
    return f"; did you mean {' or '.join(dict.fromkeys(close))}?"
