"""Where a task's function is run: on the loop, in a thread, or in a process of the pool.

Label `executor`: async functions run on the loop, others in a thread unless the label says
"process". In a process a task sees its arguments and its dependencies, which are resolved in the
worker and have to be such as can be pickled; not the job's transaction or the log. What it tells of
its progress goes to the worker.
"""

import inspect
import re
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from enum import StrEnum
from functools import cache, partial, reduce
from typing import TYPE_CHECKING, Any

from horarium.engine.worker.pool import Pool
from horarium.engine.worker.pool_call import Name
from horarium.engine.worker.run import Run
from horarium.engine.worker.threads import Threads
from horarium.errors import InvalidInput

if TYPE_CHECKING:
    from horarium.engine.broker.broker import LedgerBroker

Target = Callable[..., Any]


class Executor(StrEnum):
    """What a label `executor` takes."""

    LOOP = "loop"
    THREAD = "thread"
    PROCESS = "process"


def chosen(task: str, function: Target, wanted: Executor | None) -> Executor:
    """Where a function is run, by its kind and its label.

    Raises:
        InvalidInput: it cannot be run there.
    """
    if inspect.iscoroutinefunction(function):
        if wanted in (Executor.THREAD, Executor.PROCESS):
            reason = (
                f"{task} is async: it runs on the loop; only a plain function runs in a {wanted}"
            )
            raise InvalidInput("executor", reason)
        return Executor.LOOP
    if wanted is Executor.LOOP:
        reason = f"{task} is a plain function, which would hold up the loop; make it async"
        raise InvalidInput("executor", reason)
    if wanted is Executor.PROCESS and not function.__qualname__.replace(".", "_").isidentifier():
        reason = (
            f"{task} is made inside another function, where a process cannot find it; "
            "declare it at the top of a module"
        )
        raise InvalidInput("executor", reason)
    return wanted or Executor.THREAD


def executor_of(task: Any) -> Executor:
    """Where a declared task is run."""
    executor = getattr(task, "executor", None)
    return executor if isinstance(executor, Executor) else chosen("", task.original_func, None)


@cache
def name_of(task: Any) -> Name:
    """The name by which a process finds a task.

    Raises:
        InvalidInput: it would not find it there.
    """
    function = task.original_func
    # TaskIQ renames the functions that it decorates.
    name = re.sub(r"(__taskiq_original)+$", "", function.__qualname__)
    module = _importable(function.__module__)
    if module is None or _found(function.__module__, name) is not function:
        raise InvalidInput(
            "executor",
            f"{task.task_name} cannot be found by a process as {name} of the module "
            f"{function.__module__}; declare it at the top of a module that can be imported",
        )
    return Name(module, name)


def _found(module: str, name: str) -> Any:
    try:
        found = reduce(getattr, name.split("."), sys.modules[module])
    except (KeyError, AttributeError):
        return None
    return getattr(found, "original_func", found)


def _importable(module: str) -> str | None:
    """The name by which another process can import a module; `None`: it is a mere script."""
    if module != "__main__":
        return module
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return None if spec is None else str(spec.name)


class Executors:
    """The threads and processes of one worker."""

    def __init__(self, broker: "LedgerBroker") -> None:
        self._broker = broker
        self._threads = Threads(broker.settings.threads)
        self._pool = Pool(broker.settings.pool, self._modules)
        self._modules()  # refuses at the start what could not be run later

    def place(self, task: Any, run: Run) -> AbstractAsyncContextManager[Target]:
        """A place to run a task; what comes back stands for its function. Waits for a free one."""
        if executor_of(task) is Executor.PROCESS:
            return self._in_process(task, run)
        return self._in_thread(task, run)

    async def close(self) -> None:
        """End what is idle; the worker leaves."""
        self._threads.close()
        await self._pool.close()

    @asynccontextmanager
    async def _in_thread(self, task: Any, run: Run) -> AsyncIterator[Target]:
        async with self._threads.place(run) as place:
            yield partial(place.call, task.original_func)

    @asynccontextmanager
    async def _in_process(self, task: Any, run: Run) -> AsyncIterator[Target]:
        name = name_of(task)
        async with self._pool.place(run.tell) as place:
            yield partial(place.call, name)

    def _modules(self) -> list[str]:
        tasks = self._broker.get_all_tasks().values()
        return sorted({name_of(t).module for t in tasks if executor_of(t) is Executor.PROCESS})
