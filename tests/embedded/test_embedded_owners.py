"""Several owners of one folder, however they end."""

import os
import random
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from owners import (
    Owner,
    ask,
    is_held,
    is_running,
    kill,
    own,
    server_process,
    wait_until,
    watcher_process,
)

from horarium.embedded.folder import Folder

STARTED = "select pg_postmaster_start_time()"


def test_the_last_owner_out_stops_the_server(folder: Path, new_owner: Callable[[], Owner]) -> None:
    first, second = new_owner(), new_owner()
    url = first.tell("start")
    assert second.tell("start") == url
    assert first.tell("stop") == "False"
    assert ask(url, "select 1") == 1
    assert second.tell("stop") == "True"
    assert not is_running(folder)


def test_who_looks_for_a_server_is_not_taken_for_one(folder: Path) -> None:
    # The watcher looks when the last owner has gone, just when others may look too.
    with own(folder):
        pass
    looker = Folder(folder).lock("server")
    assert not looker.is_held()
    assert looker.take(shared=True)
    assert not is_running(folder)
    looker.release()


def test_two_owners_in_one_process(folder: Path) -> None:
    first, second = own(folder), own(folder)
    url = first.start()
    assert second.start() == url
    assert not first.stop()
    assert ask(url, "select 1") == 1
    assert second.stop()


def test_a_killed_owner_takes_the_server_along(
    folder: Path, new_owner: Callable[[], Owner]
) -> None:
    owner = new_owner()
    owner.tell("start")
    owner.kill()
    wait_until(lambda: not is_running(folder))
    wait_until(lambda: not is_held(folder, "watch"))
    assert "database system is shut down" in (folder / "server.log").read_text()


def test_a_killed_owner_leaves_the_server_to_the_others(
    folder: Path, new_owner: Callable[[], Owner]
) -> None:
    killed = new_owner()
    url = killed.tell("start")
    with own(folder):
        started = ask(url, STARTED)
        killed.kill()
        assert new_owner().tell("start") == url
        assert ask(url, STARTED) == started


def test_a_server_without_owner_and_watcher_is_adopted(
    folder: Path, new_owner: Callable[[], Owner]
) -> None:
    owner = new_owner()
    url = owner.tell("start")
    started = ask(url, STARTED)
    wait_until(lambda: is_held(folder, "watch"))
    kill(watcher_process(folder))
    wait_until(lambda: not is_held(folder, "watch"))
    owner.kill()
    with own(folder) as again:
        assert again == url
        assert ask(url, STARTED) == started
        wait_until(lambda: is_held(folder, "watch"))
    assert not is_running(folder)


def test_ctrl_c_is_for_the_owner_alone(folder: Path, new_owner: Callable[[], Owner]) -> None:
    owner = new_owner()
    url = owner.tell("start")
    wait_until(lambda: is_held(folder, "watch"))
    started = ask(url, STARTED)
    os.killpg(owner.process.pid, signal.SIGINT)
    assert owner.hear() == "interrupted"
    assert owner.tell("start") == url
    assert ask(url, STARTED) == started
    for pid in (server_process(folder), watcher_process(folder)):
        assert os.getpgid(pid) != owner.process.pid
        assert os.getsid(pid) != os.getsid(owner.process.pid)
    assert owner.tell("stop") == "True"


def test_owners_that_come_and_go_at_random(folder: Path, new_owner: Callable[[], Owner]) -> None:
    def come_and_go(seed: int) -> int:
        chance, owner, served = random.Random(seed), new_owner(), 0
        for _ in range(8):
            served += ask(owner.tell("start"), "select 1")
            if chance.random() < 0.2:
                owner.kill()
                owner = new_owner()
            else:
                owner.tell("stop")
        return served

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(come_and_go, range(4))) == [8] * 4
    wait_until(lambda: not is_running(folder))
    with own(folder) as url:
        assert ask(url, "select 1") == 1
