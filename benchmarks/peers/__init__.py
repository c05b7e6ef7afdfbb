"""The peers, each with the settings that made it fastest here."""

from collections.abc import Callable
from pathlib import Path

from benchmarks.peer import Kind, Peer
from benchmarks.peers.bare import Bare
from benchmarks.peers.celery import CeleryRabbitMQ
from benchmarks.peers.dramatiq import DramatiqRedis
from benchmarks.peers.horarium import (
    CopyOfTheSame,
    Horarium,
    HorariumUnderTaskiq,
    HorariumWithHistory,
)
from benchmarks.peers.pgqueuer import PgQueuer
from benchmarks.peers.procrastinate import Procrastinate
from benchmarks.peers.saq import Saq
from benchmarks.peers.taskiq import TaskiqRabbitMQ
from benchmarks.servers import Servers

ALL: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Horarium,
        HorariumUnderTaskiq,
        Bare,
        PgQueuer,
        TaskiqRabbitMQ,
        CeleryRabbitMQ,
        DramatiqRedis,
        Procrastinate,
        Saq,
    )
}


def kinds(history: int) -> dict[str, Kind]:
    """All peers, and those that single measures compare with."""

    def with_history(servers: Servers, python: Callable[[], Path]) -> Peer:
        return HorariumWithHistory(servers, python, history)

    return {**ALL, CopyOfTheSame.name: CopyOfTheSame, HorariumWithHistory.name: with_history}
