"""Functions that the tests of the pool run in processes: those find them by this module's name."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path
from typing import Any

from horarium import Cancel, Progress


def pid() -> int:
    return os.getpid()


def add_days(day: date, days: int = 1) -> str:
    assert isinstance(day, date)
    return day.replace(day=day.day + days).isoformat()


def hang(pids: str) -> None:
    """Say who hangs, and whom it has started; then hang, deaf to polite signals."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Path(f"{pids}.part").write_text(f"{os.getpid()} {child.pid}")
    Path(f"{pids}.part").rename(pids)
    time.sleep(600)


def be_told(pid: str, go_on: str) -> str:
    """Wait for a file, whatever signals come."""
    Path(f"{pid}.part").write_text(str(os.getpid()))
    Path(f"{pid}.part").rename(pid)
    while not Path(go_on).exists():
        time.sleep(0.01)
    return "unharmed"


def hold_the_gil(pids: str) -> None:
    """Hang inside a call that never lets another thread run."""
    Path(f"{pids}.part").write_text(str(os.getpid()))
    Path(f"{pids}.part").rename(pids)
    ctypes.PyDLL(None).sleep(600)


class Fussy(Exception):
    """Cannot be pickled: it takes what its args do not have."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


class OwnKey(KeyError):
    """Can be pickled."""


def die(how: str) -> Any:  # noqa: C901 - one way to end each
    match how:
        case "exit":
            os._exit(3)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "segfault":
            ctypes.string_at(0)
        case "system exit":
            sys.exit(4)
        case "fussy":
            raise Fussy(1, 2)
        case "own":
            raise OwnKey("own")
        case "stop":
            raise StopIteration
        case "lambda":
            return lambda: None
        case "cancel":
            return Cancel("by its own wish")
        case "print":
            print("this goes to standard error")  # noqa: T201
            return input.__name__
        case "large":
            return "x" * 2_000_000
    return how


def tell(progress: Progress, told: str, go_on: str) -> str:
    """Tell often, wait to be seen, then tell once more at the very end."""
    for number in range(20_000):
        progress.set(number / 40_000, f"step {number}", "counting")
    Path(told).write_text("all")
    while not Path(go_on).exists():
        time.sleep(0.01)
    progress.set(0.75, None)
    return f"{progress.mark.number} {progress.mark.fraction}"


def tell_wrongly(progress: Progress) -> None:
    progress.set(1.5)


def tell_too_late(progress: Progress, go_on: str) -> None:
    """Leave a thread behind that tells when the call has long ended."""

    def wait_and_tell() -> None:
        while not Path(go_on).exists():
            time.sleep(0.01)
        progress.set(0.9, "too late")
        Path(f"{go_on} told").touch()

    progress.set(0.1)
    threading.Thread(target=wait_and_tell, daemon=True).start()


def wait_for(file: str, go_on: str) -> None:
    Path(go_on).touch()
    while not Path(file).exists():
        time.sleep(0.01)


def refuse(number: int, failures: str) -> int:
    """Die while the file of failures is short."""
    with Path(failures).open("a") as written:
        written.write("x")
    if Path(failures).stat().st_size < number:
        os._exit(1)
    return number
