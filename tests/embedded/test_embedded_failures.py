"""What goes wrong is said in one sentence: what, where, what to do."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from owners import is_running, own

from horarium.embedded import EmbeddedPostgres, EmbeddedPostgresError, binaries, startup
from horarium.embedded.failure import failure
from horarium.embedded.folder import prepare


@pytest.fixture
def no_binaries(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(binaries, "_PACKAGES", ("there_is_no_such_package",))
    binaries.find.cache_clear()
    yield
    binaries.find.cache_clear()


def refusal(folder: Path, **settings: str) -> str:
    with pytest.raises(EmbeddedPostgresError) as caught:
        EmbeddedPostgres(folder, settings=settings).start()
    return str(caught.value)


def test_no_binaries_for_this_platform(folder: Path, no_binaries: None) -> None:
    said = refusal(folder)
    assert "No PostgreSQL was found for this platform" in said
    assert "DATABASE_URL" in said


def test_a_folder_of_another_major_version(folder: Path) -> None:
    (folder / "cluster" / "PG_VERSION").write_text("9\n")
    said = refusal(folder)
    assert f"{folder} was made by PostgreSQL 9, but this installation carries" in said


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        assert f"{folder} cannot be made: {tmp_path / 'file'} is a file" in refusal(folder)
    assert "Not a directory" in refusal(tmp_path / "file" / "below" / "deep")


def test_a_setting_that_postgresql_refuses(folder: Path) -> None:
    said = refusal(folder, shared_buffers="many")
    assert f"PostgreSQL could not start in {folder}" in said
    assert 'invalid value for parameter "shared_buffers": "many"' in said
    assert not is_running(folder)


def test_a_full_disk() -> None:
    output = 'PANIC:  could not write to file "pg_wal/x": No space left on device\nLOG:  bye'
    said = str(failure("start", Path("/data"), output))
    assert said.startswith("PostgreSQL could not start in /data: the disk is full. Free some space")


def test_a_disk_that_fills_while_the_server_runs_is_told_once(folder: Path) -> None:
    log = folder / "server.log"
    full = "PANIC:  could not extend file: No space left on device\n"
    log.write_text(full)
    owner = own(folder)
    owner.start()
    try:
        assert owner.trouble() is None  # that was before
        with log.open("a") as file:
            file.write(full)
        said = owner.trouble()
        assert said is not None
        assert said.startswith(f"PostgreSQL could not go on in {folder}: the disk is full.")
    finally:
        owner.stop()


def test_someone_sits_on_the_sockets_name(tmp_path: Path) -> None:
    place = prepare(tmp_path / ("long" * 30))
    assert place.socket.parent == Path(tempfile.gettempdir())
    place.socket.mkdir(mode=0o755)
    try:
        assert f"{place.socket} for PostgreSQL's socket is not private" in refusal(place.path)
    finally:
        place.socket.rmdir()


def test_a_lost_socket_is_told_and_mended_by_starting_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = own(folder)
    owner.start()
    (folder / "socket" / ".s.PGSQL.5432").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(startup, "_LOST", 0.0)
        assert "cannot be reached from here" in refusal(folder)
    assert owner.stop()
    with own(folder):
        pass
