"""Processes: starting workers, and reading from /proc what they and the servers cost."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Self

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PROC = Path("/proc")


class Workers:
    """Worker processes of one peer, each the leader of a session of its own."""

    def __init__(
        self, commands: Sequence[Sequence[str]], environment: Mapping[str, str], log: Path
    ) -> None:
        self.log = log
        self.began = time.time()
        with log.open("wb") as output:
            self._processes = [
                subprocess.Popen(
                    command,
                    env=dict(environment),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
                for command in commands
            ]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def require_alive(self) -> None:
        """Refuse to go on without one of the workers.

        Raises:
            RuntimeError: one has ended; the message is the last line of its log.
        """
        for process in self._processes:
            if process.poll() is not None:
                raise RuntimeError(f"its worker ended ({process.returncode}): {self._last_words()}")

    def stop(self) -> None:
        """Stop them: politely, and after ten seconds at once."""
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        deadline = time.monotonic() + 10
        for process in self._processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)

    def pids(self) -> list[int]:
        """These processes and all that they have started."""
        return _tree([process.pid for process in self._processes])

    def memory(self) -> int:
        """Bytes of resident memory."""
        return sum(_resident(pid) for pid in self.pids())

    def _last_words(self) -> str:
        lines = self.log.read_text("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


class Meter:
    """CPU seconds of a changing set of processes.

    One that has ended keeps what it was last seen to have used.
    """

    def __init__(self) -> None:
        self._seen: dict[int, float] = {}

    def read(self, pids: Iterable[int]) -> float:
        """CPU seconds so far, of these and of all read before."""
        for pid in pids:
            used = _cpu(pid)
            if used is not None:
                self._seen[pid] = used
        return sum(self._seen.values())


def backends(database: str, without: int | None = None) -> list[int]:
    """PostgreSQL's processes for one database, known by their titles."""
    return [
        pid for pid, title in _titles("postgres: ") if f" {database} " in title and pid != without
    ]


def rabbitmq() -> list[int]:
    """The processes of RabbitMQ."""
    return [pid for pid, title in _titles("beam") if "rabbit" in title]


def _titles(word: str) -> list[tuple[int, str]]:
    found = []
    for folder in _PROC.iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):
                title = (
                    (folder / "cmdline")
                    .read_bytes()
                    .replace(b"\0", b" ")
                    .decode("utf-8", "replace")
                )
                if word in title[:200]:
                    found.append((int(folder.name), title + " "))
    return found


def _tree(roots: Iterable[int]) -> list[int]:
    children: dict[int, list[int]] = {}
    for folder in _PROC.iterdir():
        if folder.name.isdecimal() and (fields := _stat(int(folder.name))):
            children.setdefault(int(fields[1]), []).append(int(folder.name))
    found: list[int] = []
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on."""
    try:
        text = (_PROC / str(pid) / "stat").read_text("ascii", "replace")
    except OSError:
        return []
    return text[text.rindex(")") + 2 :].split()


def _cpu(pid: int) -> float | None:
    # utime, stime, and those of children that have ended
    fields = _stat(pid)
    return sum(map(int, fields[11:15])) / _TICKS if fields else None


def _resident(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[21]) * _PAGE if fields else 0
