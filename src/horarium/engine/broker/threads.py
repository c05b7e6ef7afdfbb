"""The threads in which tasks run that are plain functions."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Threads(ThreadPoolExecutor):
    """Threads from which every exception arrives where the task is awaited.

    asyncio cannot hand on a `StopIteration`, such as that of ``next()`` on what is empty: whoever
    awaits would wait for ever; and a `GeneratorExit` would end all coroutines that wait. As
    the first does in a coroutine, both become a `RuntimeError`.
    """

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """As of any executor."""
        return super().submit(_call, function, *args, **kwargs)


def _call(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return function(*args, **kwargs)
    except (StopIteration, GeneratorExit) as error:
        raise RuntimeError(f"the task raised {type(error).__name__}") from error
