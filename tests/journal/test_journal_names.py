"""Names for file systems: safe, told apart, and read back."""

import re
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from horarium.journal.names import (
    INDEX,
    LONGEST,
    NOBODY,
    file_name,
    folder_name,
    is_file_name,
)

AT = datetime(2026, 11, 20, 9, 5, 1, 250, tzinfo=UTC)

letters = st.characters(exclude_categories=("Cs",), exclude_characters="\0")
owners = st.text(letters, min_size=1, max_size=255)
EVIL = [
    "..", ".", "../../etc/passwd", "/etc/passwd", "a/b:c", "a\\b", "con", "NUL.txt", "com1",
    "~nobody", "имя", "é", "e\u0301", "a" * 255, "😀" * 255, " ", "a.", "a%2fb", "-rf", "\n", "_",
    "index.jsonl", "Ada", "ada", ".tmp-1",
]  # fmt: skip


@pytest.mark.parametrize("owner", EVIL)
def test_a_folder_is_one_harmless_name(owner: str) -> None:
    check_folder(owner)


@given(owners)
@example("..")
def test_a_folder_is_one_harmless_name_whatever_the_owner(owner: str) -> None:
    check_folder(owner)


def check_folder(owner: str) -> None:
    name = folder_name(owner)
    assert re.fullmatch(r"[a-z0-9._@+%A-F~-]+", name)
    assert name not in (".", "..", NOBODY)
    assert not name.startswith((".", "~"))
    assert not name.endswith((".", " "))
    assert len(name) <= 255
    assert not re.match(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)", name)
    if "~" not in name:
        assert unquote(name) == owner
    else:
        assert len(folder_name(owner)) <= LONGEST


@given(owners, owners)
@example("Ada", "ada")
@example("é", "e\u0301")
@example("a" * 200, "a" * 201)
@example("a/b", "a%2Fb")
def test_two_owners_never_share_a_folder(one: str, other: str) -> None:
    if one != other:
        assert folder_name(one).lower() != folder_name(other).lower()


@given(owners, owners)
@example("Z" * 255, "ы" * 255)
@example("nul.x", "t")
@example("a_b", "c_d")
def test_a_file_has_its_job_its_task_and_its_time(job: str, task: str) -> None:
    name = file_name(job, task, AT)
    assert len(name.encode()) < 255
    assert is_file_name(name)
    assert "/" not in name
    identity, _, rest = name.removesuffix(".jsonl").partition("_")
    task_name, _, stamp = rest.rpartition("_")
    assert stamp == "20261120T090501.000250Z"
    if "~" not in name:
        assert (unquote(identity), unquote(task_name)) == (job, task)


def test_a_file_of_a_plain_job_reads_well() -> None:
    id = "01932b1e-7a0c-7cc2-8b1e-0d4c3f5a6b7c"
    there = AT.astimezone(timezone(timedelta(hours=5, minutes=45)))
    name = file_name(id, "shop:send_receipt", there)
    assert name == f"{id}_shop%3Asend_receipt_20261120T090501.000250Z.jsonl"


def test_jobs_and_tasks_are_not_mistaken_for_each_other() -> None:
    assert file_name("a", "b_c", AT) != file_name("a_b", "c", AT)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../x_y_20261120T090501.000250Z.jsonl", "x/y_z_20261120T090501.000250Z.jsonl",
     ".tmp-0011223344556677", "passwd", "index.jsonl/..", "index.json", "x_y.jsonl", "INDEX.JSONL",
     "x_y_20261120T090501.000250Z.jsonl\n", "x\0_y_20261120T090501.000250Z.jsonl"],
)  # fmt: skip
def test_other_names_are_none_of_ours(name: str) -> None:
    assert not is_file_name(name)


def test_the_index_is_one_of_ours() -> None:
    assert is_file_name(INDEX)
