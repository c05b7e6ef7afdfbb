"""What the timetable relies on in the zone data."""

import struct
import zoneinfo
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files
from itertools import pairwise

import pytest
from hypothesis import given
from timetable_examples import SKIPPED_DAYS, ZONES, law, moments, zones
from timetable_oracle import zone_info

from horarium.engine.schedules.timetable import zone_data_version, zone_names
from horarium.engine.schedules.timetable.zone import zone

SINCE = int(datetime(1970, 1, 1, tzinfo=UTC).timestamp())
UNTIL = int(datetime(2101, 1, 1, tzinfo=UTC).timestamp())
DAY = 86_400


@law(200)
@given(zones, moments)
def test_a_span_has_the_offset_of_the_zone(name, moment):
    at = int(moment.timestamp())
    span = zone(name).span(at)
    assert span.start <= at < span.end
    for instant, offset in (
        (at, span.offset),
        (span.start, span.offset),
        (span.end - 1, span.offset),
        (span.start - 1, span.before),
        (span.end, span.after),
    ):
        local = datetime.fromtimestamp(instant, UTC).astimezone(zone_info(name))
        assert local.utcoffset().total_seconds() == offset


@pytest.mark.parametrize("letter", sorted({name[0] for name in ZONES}))
def test_a_look_a_day_finds_every_change_in_the_data(letter):
    """Changes are far apart, longer gaps are whole days, and both ends of a gap are on one day."""
    for name in (name for name in ZONES if name.startswith(letter)):
        changes = changes_in_data(name)
        assert all(b - a > 6 * DAY for (a, _, _), (b, _, _) in pairwise(changes)), name
        for at, before, after in changes:
            span = zone(name).span(at)
            assert (span.start, span.before, span.offset) == (at, before, after), name
            if after - before > 7 * 3600:
                day = datetime.fromtimestamp(at + before, UTC)
                assert (day.date(), day.hour, day.minute) == (SKIPPED_DAYS[name], 0, 0)
                assert after - before == DAY
            elif after > before:
                assert (at + before) // DAY == (at + after - 1) // DAY, name


def changes_in_data(name: str) -> list[tuple[int, int, int]]:
    """The changes that a zone's file lists: instant, offset before, offset after."""
    data = files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()
    data = data[data.index(b"TZif", 4) :]  # the part with 64-bit times
    _, _, _, times, types, _ = struct.unpack(">6l", data[20:44])
    instants = struct.unpack_from(f">{times}q", data, 44)
    indexes = struct.unpack_from(f">{times}B", data, 44 + 8 * times)
    offsets = [struct.unpack_from(">l", data, 44 + 9 * times + 6 * n)[0] for n in range(types)]
    steps = zip(instants, (0, *indexes), indexes, strict=False)
    found = [(at, offsets[before], offsets[after]) for at, before, after in steps]
    return [step for step in found if SINCE <= step[0] < UNTIL and step[1] != step[2]]


def test_zone_data_is_that_of_the_package():
    year, number = version("tzdata").split(".")[:2]
    assert zone_data_version() == f"{year}{'abcdefghijklmnopqrstuvwxyz'[int(number) - 1]}"
    assert {"UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"} <= zone_names()


def test_zone_data_of_the_machine_is_not_asked(tmp_path):
    (tmp_path / "Europe").mkdir()
    utc = files("tzdata").joinpath("zoneinfo", "UTC").read_bytes()
    (tmp_path / "Europe" / "Berlin").write_bytes(utc)
    zoneinfo.reset_tzpath(to=[tmp_path])
    zone.cache_clear()
    try:
        wrong = zoneinfo.ZoneInfo.no_cache("Europe/Berlin")
        assert wrong.utcoffset(datetime(2026, 1, 1, tzinfo=wrong)).total_seconds() == 0
        assert zone("Europe/Berlin").span(0).offset == 3600
    finally:
        zoneinfo.reset_tzpath()
