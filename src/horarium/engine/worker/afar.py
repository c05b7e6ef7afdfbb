"""Progress that is told in a process of the pool, and heard by its worker.

It goes over the pipe that the answer goes over, ahead of it: at most ten times a second, the last
mark in any case before the answer. Telling itself writes nothing, however often a task does it: a
thread does. What a thread that a call has left behind tells later is nobody's progress any more.
"""

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from horarium.engine.jobs.job import Mark
from horarium.engine.worker.pool_call import packed

LEAST_BETWEEN = 0.1
"""Seconds between two marks of one call."""


class Told(NamedTuple):
    """A message that is no answer yet: how far the call has come."""

    mark: Mark


class Voice:
    """Tells the marks of one call after another, and their answers.

    Args:
        write: writes a message whole.
    """

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._came = threading.Event()
        self._untold: Mark | None = None
        self._speaker: threading.Thread | None = None
        self.call = 0

    def tell(self, call: int, mark: Mark) -> None:
        """Tell a mark soon, if it belongs to the call that is being done."""
        with self._lock:
            if call != self.call:
                return
            self._untold = mark
            if self._speaker is None:
                self._speaker = threading.Thread(target=self._speak, daemon=True)
                self._speaker.start()
        self._came.set()

    def answer(self, message: bytes) -> None:
        """Write the answer of a call, after its last mark."""
        with self._lock:
            self._say()
            self.call += 1
            self._write(message)

    def _speak(self) -> None:
        while True:
            self._came.wait()
            self._came.clear()
            with self._lock:
                self._say()
            time.sleep(LEAST_BETWEEN)

    def _say(self) -> None:
        mark, self._untold = self._untold, None
        if mark is not None:
            self._write(packed(Told(mark)))


_voice: Voice | None = None


def speak_with(voice: Voice) -> None:
    """Let what this process tells go out by this voice."""
    global _voice
    _voice = voice


def current_call() -> int:
    """The call that is being done; tells its marks from those of others."""
    return 0 if _voice is None else _voice.call


def tell(call: int, mark: Mark) -> None:
    """Tell a mark of a call; outside a process of the pool nobody hears of it."""
    if _voice is not None:
        _voice.tell(call, mark)
