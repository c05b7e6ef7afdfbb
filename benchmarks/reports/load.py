"""Servers in processes of their own, and the load put on them."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.environment import ROOT

_PATIENCE = 30
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


class Load(NamedTuple):
    """What a load showed: requests a second, milliseconds, and the server's CPU a request in µs."""

    rate: float
    p99: float
    cpu: float


def tool() -> str:
    """What puts the load on: ``wrk``, or our own client."""
    return "wrk" if shutil.which("wrk") else "our own client"


@contextmanager
def horarium(url: str) -> Iterator[tuple[int, int]]:
    """The port and the process id of `horarium web`."""
    port = _free_port()
    command = [sys.executable, "-m", "horarium", "web"]
    with _running(command, {"DATABASE_URL": url, "HORARIUM_PORT": str(port)}, port) as pid:
        yield port, pid


@contextmanager
def orm(python: Path, url: str) -> Iterator[tuple[int, int]]:
    """The port and the process id of the alternative."""
    port = _free_port()
    command = [
        *(str(python), "-m", "uvicorn", "orm:app", "--port", str(port), "--no-access-log"),
        *("--app-dir", str(Path(__file__).parent), "--loop", "uvloop", "--http", "httptools"),
        *("--log-level", "warning"),
    ]
    with _running(command, {"DATABASE_URL": url}, port) as pid:
        yield port, pid


def put_load(server: tuple[int, int], path: str, clients: int, seconds: float) -> Load:
    """Ask for a path from so many clients at once, each waiting for its answer."""
    port, pid = server
    before = _cpu(pid)
    rate, p99 = _asked(port, path, clients, seconds)
    return Load(rate, p99, (_cpu(pid) - before) / max(rate * seconds, 1) * 1e6)


def _asked(port: int, path: str, clients: int, seconds: float) -> tuple[float, float]:
    if tool() != "wrk":
        module = "benchmarks.reports.client"
        command = [sys.executable, "-m", module, str(port), path, str(clients), str(seconds)]
        rate, p99 = _output(command).split()
        return float(rate), float(p99)
    address = f"http://127.0.0.1:{port}{path}"
    told = _output(["wrk", "-t1", f"-c{clients}", f"-d{seconds:g}s", "--latency", address])
    if "Non-2xx" in told:
        raise RuntimeError(told)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    latency = re.search(r"99%\s+([\d.]+)(us|ms|s)", told)
    if rate is None or latency is None:
        raise RuntimeError(told)
    return float(rate[1]), float(latency[1]) * _UNITS[latency[2]]


def _output(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return done.stdout


@contextmanager
def _running(command: Sequence[str], more: Mapping[str, str], port: int) -> Iterator[int]:
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(command, env={**os.environ, **more}, cwd=folder)
        try:
            _wait(process, port)
            yield process.pid
        finally:
            process.terminate()
            process.wait()


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"{process.args} does not answer")


def _cpu(pid: int) -> float:
    """Seconds of CPU that a process has used, where the system says so."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
