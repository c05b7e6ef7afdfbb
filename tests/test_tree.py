"""What tracked files keep to: no address of a package index, no path of a machine, none astray."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock")

# Written in pieces: this file is tracked too.
INDEXES = (
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "/simple" + "/",
    "--index" + "-url",
    "--find" + "-links",
)
HOMES = ("/work" + "/", "/root" + "/", "/home" + "/", "/Users" + "/", "/opt" + "/")


@pytest.fixture(scope="module")
def tracked() -> dict[str, str]:
    """Every tracked text file, as it stands in the folder."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("this is no git checkout")
    names = [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    return {name: text for name in names if (text := _text(ROOT / name)) is not None}


def test_no_file_holds_the_address_of_a_package_index(tracked: dict[str, str]) -> None:
    # run.py tells uv to write no address; that is the opposite.
    allowed = ("--no-emit-index" + "-url", "--no-emit-find" + "-links")
    assert _holding(tracked, INDEXES, allowed) == []


def test_no_file_holds_a_path_of_one_machine(tracked: dict[str, str]) -> None:
    assert _holding(tracked, (str(ROOT) + "/", *HOMES), ()) == []


def test_nothing_else_lies_at_the_top(tracked: dict[str, str]) -> None:
    assert {name for name in tracked if "/" not in name} == {
        ".gitignore", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "NOTICE",
        "README.md", "pyproject.toml", "run.py", *LOCKS,
    }  # fmt: skip


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_in_a_lock_is_exact_and_hashed(lock: str) -> None:
    lines = (ROOT / lock).read_text().splitlines()
    entries = re.split(r"\n(?=\S)", "\n".join(line for line in lines if line[:1] != "#"))
    assert len(entries) > 20
    for entry in entries:
        assert re.match(r"[a-z0-9.-]+==[^ ]+ ", entry), entry
        assert re.search(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$", entry, re.MULTILINE), entry
    assert not [line for line in lines if "://" in line]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_what_the_project_asks_for(lock: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    if lock == "requirements-dev.lock":
        asked += project["dependency-groups"]["dev"]
    missing = {_name(text) for text in asked} - _locked(lock).keys()
    assert missing == set(), "run `python3 run.py lock`"


def test_both_locks_hold_the_same_versions() -> None:
    running, developing = (_locked(lock) for lock in LOCKS)
    assert running.items() <= developing.items()


def _locked(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text()
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", text, re.MULTILINE))


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def _holding(
    tracked: dict[str, str], words: tuple[str, ...], allowed: tuple[str, ...]
) -> list[str]:
    found = []
    for name, text in tracked.items():
        for line in text.splitlines():
            rest = line
            for phrase in allowed:
                rest = rest.replace(phrase, "")
            found += [f"{name}: {line.strip()}" for word in words if word in rest]
    return found


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return None  # a picture, an archive
