"""Databases that reports read, as the settings name them."""

from pathlib import Path

import pytest

from horarium.errors import InvalidSetting
from horarium.setting_sources import FILE
from horarium.settings import load


def test_sources_of_reports_come_from_both(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(
        '[sources]\nshop = "postgresql://a:b@file/shop"\ntill = "sqlite:///till.sqlite"\n'
    )
    environment = {"HORARIUM_SOURCE_SHOP": "postgresql://a:b@environment/shop"}
    settings = load(environment, tmp_path)
    assert settings.report_sources == {
        "shop": "postgresql://a:b@environment/shop",
        "till": "sqlite:///till.sqlite",
    }
    assert settings.sources["source shop"] == "HORARIUM_SOURCE_SHOP"
    assert settings.sources["source till"] == FILE


@pytest.mark.parametrize(
    ("written", "environment", "says"),
    [
        ('[sources]\nshop = "mysql://x"', {}, "HORARIUM_SOURCE_SHOP".lower()),
        ("[sources]\nshop = 5", {}, "address as text"),
        ('[sources]\n"Shop 1" = "postgresql://x"', {}, "lower-case"),
        ('sources = "postgresql://x"', {}, "a table"),
        ("", {"HORARIUM_SOURCE_SHOP": "mysql://x"}, "HORARIUM_SOURCE_SHOP"),
        ("", {"HORARIUM_REPORTS": "/no/such/folder"}, "no folder"),
    ],
)
def test_sources_that_are_refused(
    tmp_path: Path, written: str, environment: dict[str, str], says: str
) -> None:
    (tmp_path / FILE).write_text(written)
    with pytest.raises(InvalidSetting, match=says):
        load(environment, tmp_path)
