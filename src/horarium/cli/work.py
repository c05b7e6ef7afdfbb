"""What a worker process is to do, as its command line says it."""

from collections.abc import Mapping

import msgspec


class Recycling(msgspec.Struct, frozen=True, kw_only=True):
    """After what a process is succeeded by another; `None`: not for that reason.

    Attributes:
        jobs: attempts that it has run.
        memory: bytes that it occupies (resident set size).
    """

    jobs: int | None = None
    memory: int | None = None

    @property
    def is_wanted(self) -> bool:
        return self.jobs is not None or self.memory is not None


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What one worker process is to do.

    Attributes:
        queues: names, with weights where they have any; `None`: as the settings say.
        slots: jobs at once; `None`: as the settings say.
        app: the application as ``module:name``; `None`: as the settings say.
    """

    queues: Mapping[str, int | None] | None = None
    slots: int | None = None
    app: str | None = None
    recycling: Recycling = Recycling()

    def arguments(self) -> list[str]:
        """The same, as arguments of `horarium worker`."""
        given = {
            "--queues": None if self.queues is None else written(self.queues),
            "--concurrency": self.slots,
            "--app": self.app,
            "--recycle-after-jobs": self.recycling.jobs,
            "--recycle-after-memory": self.recycling.memory,
        }
        return [f"{name}={value}" for name, value in given.items() if value is not None]


def written(queues: Mapping[str, int | None]) -> str:
    """Queues as `--queues` takes them."""
    return ",".join(f"{name}:{weight}" if weight else name for name, weight in queues.items())
