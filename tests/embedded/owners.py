"""Other processes that own an embedded server, and ways to look at one."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg

from horarium.embedded import EmbeddedPostgres
from horarium.embedded.folder import Folder
from horarium.embedded.watch import postmaster

SCRIPT = """
import os, signal, sys
from pathlib import Path
from horarium.embedded import EmbeddedPostgres, EmbeddedPostgresError

owned = EmbeddedPostgres(Path(sys.argv[1]), settings={"fsync": "off"})

def reply(words):
    print(words, flush=True)

def command(word):
    if word == "start":
        reply(owned.start())
    elif word == "stop":
        reply(owned.stop())
    elif word == "drop":  # root becomes an ordinary user
        os.setgroups([]); os.setgid(65534); os.setuid(65534)
        reply("dropped")

signal.signal(signal.SIGINT, lambda *_: reply("interrupted"))
while word := sys.stdin.readline():
    try:
        command(word.strip())
    except EmbeddedPostgresError as error:
        reply(f"refused: {error}")
"""


class Owner:
    """A process that starts and stops as it is told."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,
        )

    def tell(self, word: str) -> str:
        self.say(word)
        return self.hear()

    def say(self, word: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


def own(folder: Path) -> EmbeddedPostgres:
    """An owner in this process, in haste: the machine under the tests stays alive."""
    return EmbeddedPostgres(folder, settings={"fsync": "off"})


def ask(url: str, question: str) -> Any:
    """One value from a server."""

    async def once() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(question)
        finally:
            await connection.close()

    return asyncio.run(once())


def is_running(folder: Path) -> bool:
    """Whether any process of the folder's server lives."""
    return is_held(folder, "server")


def is_held(folder: Path, name: str) -> bool:
    lock = Folder(folder).lock(name)
    try:
        return lock.is_held()
    finally:
        lock.close()


def server_process(folder: Path) -> int:
    """The process id of the folder's server."""
    pid = postmaster(folder)
    assert pid is not None
    return pid


def watcher_process(folder: Path) -> int:
    """The process id of the folder's watcher."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _command(entry)[-2:] == [
            os.fsencode(Path(sys.modules[postmaster.__module__].__file__ or "").resolve()),
            os.fsencode(folder),
        ]:
            return int(entry.name)
    raise AssertionError(f"nobody watches {folder}")


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for a fact; pytest's own limit ends it."""
    while not is_so():
        time.sleep(0.005)


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def _command(entry: Path) -> list[bytes]:
    try:
        return (entry / "cmdline").read_bytes().split(b"\0")[:-1]
    except OSError:
        return []
