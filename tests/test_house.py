"""The house's own papers: what they name exists."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_each_file_of_a_jobs_life_exists() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    life = text.split("## One job's life")[1].split("## One due time's life")[0]
    named = re.findall(r"`(src/[^`]+)`", life)
    assert len(named) >= 12
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_each_dependency_is_recorded() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
    ]
    names = {re.split(r"[\[<>=~! ]", each)[0] for each in wanted}
    recorded = (ROOT / "docs" / "dependencies.md").read_text("utf-8").lower()
    assert sorted(name for name in names if name.lower() not in recorded) == []


def test_each_word_of_the_states_is_in_the_glossary() -> None:
    from horarium.engine import Outcome, State

    glossary = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    words = [*State, *Outcome]
    assert [word for word in words if word.value not in glossary] == []


def test_every_statement_says_what_it_promises() -> None:
    files = list((ROOT / "src" / "horarium").rglob("sql/*.sql"))
    assert len(files) > 30
    assert [f.name for f in files if not f.read_text("utf-8").startswith("-- ")] == []
