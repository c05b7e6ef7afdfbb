"""Queues with weights: whose turn it is, so that each gets its share while all have work.

Each queue stands somewhere on a line, and its jobs move it on, the further the smaller its weight:
a job of a queue of weight 3 moves it by 1/3, one of weight 1 by 1. The queue that is furthest back
goes next. A queue without work does not stay behind, to take it all when work comes: it is moved up
to the others. So its share goes to them, nobody saves up, and nobody is left out. Pure.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from horarium.errors import InvalidInput


class Turn(NamedTuple):
    """The queues as the claim takes them: names, weights, and places on the line."""

    queues: list[str]
    weights: list[float]
    places: list[float]


class Shares:
    """The places of one worker's queues.

    Args:
        weights: of each queue, more than 0.
    """

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._weights = dict(weights)
        self._places = dict.fromkeys(weights, 0.0)

    def turn(self) -> Turn:
        """Where the queues stand; the n-th job of one stands n steps further."""
        return Turn(list(self._weights), list(self._weights.values()), list(self._places.values()))

    def took(self, jobs: Mapping[str, int], wanted: int) -> None:
        """So many jobs of each queue were claimed, of so many that were wanted."""
        if sum(jobs.values()) < wanted:
            # No queue has any more: all begin anew.
            self._places = dict.fromkeys(self._places, 0.0)
            return
        for queue, number in jobs.items():
            self._places[queue] += number / self._weights[queue]
        front = max(self._places[queue] for queue in jobs)
        for queue, weight in self._weights.items():
            # Its next job would have been taken before the last one that was: it has none.
            self._places[queue] = max(self._places[queue], front - 1 / weight)
        back = min(self._places.values())
        self._places = {queue: place - back for queue, place in self._places.items()}


def weights_of(
    queues: Sequence[str] | Mapping[str, int | None] | None,
) -> Mapping[str, int] | None:
    """The weights of queues; `None` where none has any.

    Raises:
        InvalidInput: a weight below 1.
    """
    if not isinstance(queues, Mapping) or not any(each is not None for each in queues.values()):
        return None
    weights = {name: 1 if weight is None else weight for name, weight in queues.items()}
    for name, weight in weights.items():
        if weight < 1:
            raise InvalidInput("queues", f"{name} has the weight {weight}; it takes 1 or more")
    return weights
