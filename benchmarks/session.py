"""One run of the benchmarks: its options, its peers, and runs that alternate between them."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

import msgspec

from benchmarks.environment import peers_python
from benchmarks.figures import Figure
from benchmarks.peer import Kind, Peer
from benchmarks.servers import Servers

T = TypeVar("T")

_MOST_SECONDS_A_RUN = 900


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line chooses; seconds and counts."""

    peers: Sequence[str]
    runs: int
    jobs: int
    limit: float
    enqueued: int
    history: int
    singles: int
    stamped_seconds: float
    idle_seconds: float
    schedules: int


class Runs(Generic[T]):
    """What one peer's runs gave, and why there are no more."""

    def __init__(self) -> None:
        self.values: list[T] = []
        self.problem: str | None = None


class Session:
    """Opens peers at their first use; cleans all of them up at the end."""

    def __init__(
        self,
        options: Options,
        servers: Servers,
        kinds: Mapping[str, Kind],
    ) -> None:
        self.options = options
        self.servers = servers
        self._kinds = kinds
        self._peers: dict[str, Peer] = {}
        self._unusable: dict[str, str] = {}

    async def rounds(
        self, names: Sequence[str], once: Callable[[Peer], Awaitable[T]]
    ) -> dict[str, Runs[T]]:
        """Run each peer once, then each again, and so on; one that fails is left out from then."""
        found: dict[str, Runs[T]] = {name: Runs() for name in names}
        for number in range(self.options.runs):
            for name, runs in found.items():
                if runs.problem is None:
                    say(f"  run {number + 1} of {self.options.runs}: {name}")
                    await self._run(name, runs, once)
        return found

    async def peer(self, name: str) -> Peer:
        """The peer, opened.

        Raises:
            RuntimeError: it cannot be used, and why.
        """
        if name not in self._peers and name not in self._unusable:
            try:
                # Kept before it is opened: what it makes until it fails is removed too.
                self._peers[name] = self._kinds[name](self.servers, peers_python)
                await self._peers[name].open()
            except Exception as error:  # noqa: BLE001 - a peer that fails is shown as such
                self._unusable[name] = describe(error)
        if name in self._unusable:
            raise RuntimeError(self._unusable[name])
        return self._peers[name]

    async def close(self) -> None:
        """Remove everything that the peers made on the servers."""
        for name, peer in self._peers.items():
            try:
                await peer.clean()
            except Exception as error:  # noqa: BLE001 - a server that is not there
                say(f"  {name} was not cleaned up: {describe(error)}")

    async def _run(self, name: str, runs: Runs[T], once: Callable[[Peer], Awaitable[T]]) -> None:
        try:
            async with asyncio.timeout(_MOST_SECONDS_A_RUN):
                runs.values.append(await once(await self.peer(name)))
        except Exception as error:  # noqa: BLE001 - a peer that fails is shown as such
            runs.problem = describe(error)
            say(f"  {name}: {runs.problem}")


def figure(name: str, runs: Runs[T], value: Callable[[T], float | None]) -> Figure:
    """One quantity of a peer's runs."""
    values = [each for run in runs.values if (each := value(run)) is not None]
    return Figure(peer=name, values=values, problem=runs.problem)


def describe(error: BaseException) -> str:
    """Why a peer has no figures, in a line."""
    if isinstance(error, TimeoutError):
        return "it took too long"
    text = str(error).strip().splitlines()
    if text and isinstance(error, RuntimeError):
        return text[-1]
    return f"{type(error).__name__}: {text[-1]}" if text else type(error).__name__


def say(text: str) -> None:
    """Progress, beside the tables."""
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)
