"""A process of a worker's pool: does one call after another, and ends with its worker.

Calls come and answers go over what were its standard input and output; what the tasks print goes
to standard error. It ends when its worker does, however that happens: a thread reads the pipe,
which closes then, and where the system can it kills the process by itself.
"""

import ctypes
import os
import signal
import sys
import threading
from contextlib import suppress
from functools import reduce
from importlib import import_module
from queue import SimpleQueue
from typing import Any, BinaryIO

from horarium.engine.worker.afar import Voice, speak_with
from horarium.engine.worker.pool_call import (
    LENGTH,
    Call,
    Name,
    NotCarried,
    described,
    packed,
    unpacked,
)

_DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of Linux's prctl."""


def main() -> None:
    """Do calls until the worker closes the pipe."""
    _die_with_parent()
    _leave_signals_to_parent()
    calls, answers = _take_pipes()
    paths, modules = unpacked(_read(calls))
    sys.path[:] = paths
    for module in modules:
        _imported(module)
    answers.write(packed(True))
    voice = Voice(answers.write)
    speak_with(voice)
    queue: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_listen, args=(calls, queue), daemon=True).start()
    while True:
        voice.answer(_answer(queue.get()))


def find(name: Name) -> Any:
    """The function of this name; of a declared task the function that was declared.

    Raises:
        ImportError, AttributeError: there is none.
    """
    found = reduce(getattr, name.function.split("."), import_module(name.module))
    return getattr(found, "original_func", found)


def _answer(data: bytes) -> bytes:
    """Do a call: the message of its result, or of what it raised."""
    try:
        call: Call = unpacked(data)
        result = find(call.name)(*call.args, **call.kwargs)
    except BaseException as error:  # noqa: BLE001 - a user's task; SystemExit is its failure too
        return packed((False, described(error)))
    try:
        return packed((True, result))
    except NotCarried as error:
        refused = NotCarried(f"{call.name.function} ran, but its result cannot cross: {error}")
        return packed((False, described(refused)))


def _imported(module: str) -> None:
    with suppress(BaseException):  # the call that needs it will say what is wrong
        import_module(module)


def _listen(calls: BinaryIO, queue: "SimpleQueue[bytes]") -> None:
    try:
        while True:
            queue.put(_read(calls))
    finally:
        os._exit(0)  # the worker has gone; whatever runs here is nobody's


def _read(calls: BinaryIO) -> bytes:
    (length,) = LENGTH.unpack(_exactly(calls, LENGTH.size))
    return _exactly(calls, length)


def _exactly(calls: BinaryIO, size: int) -> bytes:
    data = calls.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _take_pipes() -> "tuple[BinaryIO, _Whole]":
    """Both pipes, out of reach of what the tasks read and print."""
    calls = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return calls, _Whole(answers)


class _Whole:
    """Writes messages whole: a pipe may take a part of a large one at a time."""

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._pipe.write(view) :]


def _die_with_parent() -> None:
    """Ask Linux to kill this process with its worker, also where a call never lets go."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)


def _leave_signals_to_parent() -> None:
    """Whoever stops all processes at once, such as systemd, does not end this job: the worker does.

    A handler, and not the order to ignore: what a task starts would inherit that.
    """
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)


if __name__ == "__main__":
    main()
