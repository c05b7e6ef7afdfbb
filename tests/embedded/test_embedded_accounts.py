"""PostgreSQL refuses root: who runs it then, and what stays as it was."""

import os
import shutil
import stat
from pathlib import Path

import pytest
from owners import Owner, ask, own, server_process

from horarium.embedded import EmbeddedPostgresError, account
from horarium.embedded.account import Account

NOBODY = 65534


@pytest.fixture
def no_namespaces(as_root: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that forbids them."""
    refused = Account(0, 0, wrapper=("false",))
    monkeypatch.setattr(account, "_namespace", lambda inside: refused)
    monkeypatch.delenv("SUDO_UID", raising=False)


def test_root_keeps_its_files_in_a_namespace(folder: Path, as_root: None) -> None:
    with own(folder):
        status = Path(f"/proc/{server_process(folder)}/status").read_text()
        if (folder / "cluster").stat().st_uid != 0:
            pytest.skip("user namespaces are forbidden here")
        assert "CapEff:\t0000000000000000" in status
    assert {path.stat().st_uid for path in folder.rglob("*")} == {0}


def test_without_namespaces_it_is_nobody(born: Path, open_place: Path, no_namespaces: None) -> None:
    accounts = Path("/etc/passwd").read_bytes()
    folder = open_place / "data"
    shutil.copytree(born, folder)
    with own(folder) as url:
        assert ask(url, "select 1") == 1
        assert Path(f"/proc/{server_process(folder)}").stat().st_uid == NOBODY
    assert {path.stat().st_uid for path in folder.rglob("*")} == {NOBODY}
    assert open_place.stat().st_uid == 0
    assert stat.S_IMODE(open_place.stat().st_mode) == 0o755
    assert Path("/etc/passwd").read_bytes() == accounts


def test_the_user_behind_sudo_comes_before_nobody(
    open_place: Path, no_namespaces: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_UID", "12345")
    monkeypatch.setenv("SUDO_GID", "12346")
    account.choose(_made(open_place / "data"), "/bin/true")
    assert (open_place / "data").stat().st_uid == 12345


def test_a_folder_that_no_account_may_enter_is_refused_and_left_alone(
    open_place: Path, no_namespaces: None
) -> None:
    open_place.chmod(0o700)
    with pytest.raises(EmbeddedPostgresError, match="no other account can enter"):
        own(open_place / "data").start()
    assert stat.S_IMODE(open_place.stat().st_mode) == 0o700
    assert (open_place / "data").stat().st_uid == 0


def test_root_serves_a_users_folder_as_that_user(
    born: Path, open_place: Path, as_root: None
) -> None:
    folder = open_place / "data"
    shutil.copytree(born, folder)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    with own(folder):
        assert Path(f"/proc/{server_process(folder)}").stat().st_uid == NOBODY
    assert {path.stat().st_uid for path in folder.rglob("*")} == {NOBODY}


def test_an_ordinary_user(open_place: Path, as_root: None) -> None:
    os.chown(open_place, NOBODY, NOBODY)
    folder = open_place / "with a space"
    owner = Owner(folder)
    try:
        assert owner.tell("drop") == "dropped"
        url = owner.tell("start")
        assert ask(url, "select 1") == 1
        assert Path(f"/proc/{server_process(folder)}").stat().st_uid == NOBODY
        assert owner.tell("stop") == "True"
    finally:
        owner.close()


def test_an_ordinary_user_in_a_folder_of_root(open_place: Path, as_root: None) -> None:
    (open_place / "data").mkdir(mode=0o755)
    owner = Owner(open_place / "data")
    try:
        owner.tell("drop")
        assert "is not writable for user id 65534" in owner.tell("start")
    finally:
        owner.close()


def _made(place: Path):
    from horarium.embedded.folder import prepare

    return prepare(place)
