"""Measures as Prometheus reads them: the text format, version 0.0.4. Pure."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

MEDIA_TYPE = "text/plain; version=0.0.4"


class Sample(NamedTuple):
    """One value, under the labels that tell it from the others of its measure."""

    value: float
    labels: Mapping[str, str] = {}


class Measure(NamedTuple):
    """A gauge: its name, what it says, and its values."""

    name: str
    help: str
    samples: Iterable[Sample]


def exposition(measures: Iterable[Measure]) -> str:
    """The text of all measures; one without values is still described."""
    lines: list[str] = []
    for measure in measures:
        lines.append(f"# HELP {measure.name} {measure.help}")
        lines.append(f"# TYPE {measure.name} gauge")
        lines += (_line(measure.name, sample) for sample in measure.samples)
    return "\n".join(lines) + "\n"


def _line(name: str, sample: Sample) -> str:
    labels = ",".join(f'{label}="{_escaped(value)}"' for label, value in sample.labels.items())
    return f"{name}{{{labels}}} {sample.value:.15g}" if labels else f"{name} {sample.value:.15g}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
