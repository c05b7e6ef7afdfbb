"""The product's processes, as a user starts them."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")


def environment(folder: Path, **more: str) -> dict[str, str]:
    """This process's, without its own Horarium settings."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("HORARIUM_")}
    kept.pop("DATABASE_URL", None)
    return {**kept, "HORARIUM_HOME": str(folder / "home"), **more}


def command(*arguments: str, env: Mapping[str, str], folder: Path) -> str:
    """Run a command to its end; its output."""
    return _run("-m", "horarium", *arguments, env=env, folder=folder)


def _run(*arguments: str, env: Mapping[str, str], folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        env=env,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class Measured(NamedTuple):
    """A command that has ended: its output, seconds, and the most memory that it had in bytes."""

    output: str
    seconds: float
    memory: int


# What a process had before it became another program counts as its memory: a small one starts it.
MEASURE = """
import resource, subprocess, sys
status = subprocess.call(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=file)
sys.exit(status)
"""


def measured(*arguments: str, env: Mapping[str, str], folder: Path) -> Measured:
    """Run a command to its end, and see what it took."""
    memory = folder / "memory"
    began = time.monotonic()
    output = _run(
        "-c", MEASURE, str(memory), sys.executable, "-m", "horarium", *arguments,
        env=env, folder=folder,
    )  # fmt: skip
    unit = 1 if sys.platform == "darwin" else 1024
    return Measured(output, time.monotonic() - began, int(memory.read_text()) * unit)


@contextmanager
def running(
    *arguments: str, env: Mapping[str, str], folder: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a part; it is stopped as Ctrl-C does it, and must end well."""
    with (folder / f"{arguments[0]}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "horarium", *arguments],
            env=env, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield process
    except BaseException:
        print((folder / f"{arguments[0]}.log").read_text()[-5000:])  # noqa: T201
        raise
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        status = process.wait(60)
    assert status in (0, -signal.SIGKILL), (folder / f"{arguments[0]}.log").read_text()[-5000:]


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def get(address: str) -> Any:
    """A JSON answer."""
    with urllib.request.urlopen(address, timeout=10) as answer:
        return json.load(answer)


def status_of(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def until(fact: Callable[[], T], seconds: float = 240.0) -> T:
    """Ask until the answer is true; the deadline is for a machine that is very busy."""
    deadline = time.monotonic() + seconds
    while True:
        answer = fact()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"it did not come true within {seconds} s"
        time.sleep(0.05)
