"""The page's colours: text can be read on what it stands on, by day and by night (WCAG 2.2, AA)."""

import re
from importlib.resources import files

import pytest

ENOUGH = 4.5
TEXTS = [
    *(("ink", "paper"), ("ink", "card"), ("soft", "paper"), ("soft", "card"), ("soft", "faint")),
    *(("soft", "calm-back"), ("accent", "paper"), ("accent", "card"), ("card", "accent")),
    ("card", "bad"),
    *((kind, f"{kind}-back") for kind in ("good", "warn", "bad", "busy")),
    *((kind, "card") for kind in ("good", "warn", "bad", "busy")),
]


def palettes() -> list[dict[str, str]]:
    style = (files("horarium.web") / "static" / "style.css").read_text()
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    return [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block)) for block in blocks]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_texts_stand_out(text: str, ground: str) -> None:
    day_and_night = palettes()
    assert len(day_and_night) == 2
    for palette in day_and_night:
        dark, light = sorted((luminance(palette[text]), luminance(palette[ground])))
        assert (light + 0.05) / (dark + 0.05) >= ENOUGH
