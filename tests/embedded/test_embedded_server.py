"""An owner starts the server, has it, and lets go of it."""

import os
import stat
from pathlib import Path

import pytest
from owners import ask, is_running, kill, own, server_process
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from horarium.embedded import EmbeddedPostgres
from horarium.embedded.folder import Folder


def test_it_is_durable_private_and_gone_afterwards(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there" / "yet"
    with EmbeddedPostgres(folder) as url:
        assert ask(url, "show fsync") == "on"
        assert ask(url, "show data_checksums") == "on"
        assert ask(url, "show listen_addresses") == ""
        assert ask(url, "select current_database()") == "horarium"
        assert not ask(url, "select usesuper from pg_user where usename = current_user")
        assert ask(url, "select datlocale from pg_database limit 1") == "C.UTF-8"
        assert ask(url, "show server_encoding") == "UTF8"
        ask(url, "create schema horarium")
        assert ask(url, "select current_schema()") == "public", "where users' own tables belong"
        socket = Folder(folder).socket
        assert stat.S_IMODE(socket.stat().st_mode) == 0o700
    assert not is_running(folder)
    assert not socket.exists()


async def test_the_address_suits_sqlalchemy(folder: Path) -> None:
    with own(folder) as url:
        engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
        async with engine.connect() as connection:
            assert (await connection.execute(text("select 1"))).scalar() == 1
        await engine.dispose()


def test_modes_of_folders_are_left_alone(folder: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o711)
    folder.chmod(0o750)
    accounts = Path("/etc/passwd").read_bytes()
    with own(folder):
        pass
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o711
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750
    assert Path("/etc/passwd").read_bytes() == accounts


def test_long_and_odd_paths(folder: Path, tmp_path: Path) -> None:
    odd = tmp_path / ("a long name with 'quotes', \"more\", $(false), ü and % " + "x" * 60)
    folder.rename(odd)
    with own(odd) as url:
        assert ask(url, "select 1") == 1
        socket = Folder(odd).socket
        assert socket.parent == Path("/tmp")
        assert stat.S_IMODE(socket.stat().st_mode) == 0o700
    assert not socket.exists()


def test_settings_are_taken(folder: Path) -> None:
    with EmbeddedPostgres(folder, settings={"fsync": "off", "work_mem": "5MB"}) as url:
        assert ask(url, "show fsync") == "off"
        assert ask(url, "show work_mem") == "5MB"


def test_starting_and_stopping_twice_does_no_harm(folder: Path) -> None:
    embedded = own(folder)
    assert not embedded.stop()
    assert embedded.start() == embedded.start()
    assert embedded.stop()
    assert not embedded.stop()


def test_committed_rows_outlive_a_killed_server(folder: Path) -> None:
    embedded = own(folder)
    url = embedded.start()
    ask(url, "create table kept as select * from generate_series(1, 1000)")
    kill(server_process(folder))
    assert embedded.start() == url
    assert ask(url, "select count(*) from kept") == 1000
    assert embedded.stop()


def test_an_interrupted_birth_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "cluster.new").mkdir()
    (tmp_path / "cluster.new" / "PG_VERSION").write_text("half")
    with own(tmp_path) as url:
        assert ask(url, "select 1") == 1


def test_a_process_id_is_no_sign_of_life(folder: Path) -> None:
    # As after a power cut: the file names a process, and another one has that id by now.
    (folder / "cluster" / "postmaster.pid").write_text(f"{os.getpid()}\n{folder / 'cluster'}\n")
    with own(folder) as url:
        assert ask(url, "select 1") == 1


def test_a_copy_of_a_running_folder_is_another_database(folder: Path, tmp_path: Path) -> None:
    with own(folder) as url:
        (tmp_path / "copy").mkdir()
        os.system(f"cp -r {folder}/cluster {folder}/*.lock {tmp_path}/copy")
        with own(tmp_path / "copy") as other:
            ask(other, "create table only_there ()")
            assert ask(url, "select to_regclass('only_there')") is None


@pytest.mark.parametrize("holder", ["socket", "sleeping statement"])
def test_a_stop_cuts_off_whoever_is_connected(folder: Path, holder: str) -> None:
    import asyncio

    import asyncpg

    async def stop_while_connected() -> bool:
        embedded = own(folder)
        connection = await asyncpg.connect(await asyncio.to_thread(embedded.start))
        if holder == "socket":
            return await asyncio.to_thread(embedded.stop)
        asking = asyncio.create_task(connection.execute("select pg_sleep(600)"))
        stopped = await asyncio.to_thread(embedded.stop)
        with pytest.raises((asyncpg.PostgresError, OSError)):
            await asking
        return stopped

    assert asyncio.run(stop_while_connected())
