"""Which of the jobs that a worker could have may start. Pure.

A queued job with limits is not claimed at once: it is a *candidate*. With the keys of all
candidates locked, those that wait under the same keys are candidates too, so that the first in the
order of priority and due time goes first, whoever came. A candidate beyond the concurrency of its
key waits; one beyond the rate is postponed to the instant at which the rate lets it start, if
nobody better comes.

A rate is kept exactly: no span as long as the period, wherever it begins, holds more starts than
the limit. For that the last starts under a key are known, as many as the limit. Instants are whole
microseconds, so that nothing is lost by rounding.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from horarium.engine.jobs.limits import Limits


class Candidate(msgspec.Struct, frozen=True):
    """A job that might start.

    Attributes:
        queued: it came from its queue; otherwise it has waited.
    """

    id: str
    limits: Limits
    queued: bool
    priority: int = 0


class Standing(msgspec.Struct, frozen=True):
    """What is known of the candidates' keys.

    Attributes:
        running: how many jobs run under each key of concurrency.
        starts: the last starts under each key of a rate, in their order.
        postponed: how many jobs are postponed already under a key of a rate, by priority.
        now: when these were looked at.
    """

    running: Mapping[str, int] = {}
    starts: Mapping[str, Sequence[int]] = {}
    postponed: Mapping[str, Mapping[int, int]] = {}
    now: int = 0


class Admission(msgspec.Struct, frozen=True):
    """What becomes of candidates; those not named stay as they are.

    Attributes:
        admitted: start now, in this order.
        held: wait, because as many as are allowed run under their key.
        postponed: are due at an instant, because the rate of their key is used up.
        open: keys of concurrency under which more may run than do.
        starts: the last starts under each key of a rate, with those admitted.
    """

    admitted: tuple[str, ...]
    held: tuple[str, ...]
    postponed: Mapping[str, int]
    open: tuple[str, ...]
    starts: Mapping[str, tuple[int, ...]]


def decide(candidates: Sequence[Candidate], standing: Standing, slots: int) -> Admission:
    """Admit candidates in their order, as many as the worker has slots for."""
    running = dict(standing.running)
    line = _Line(standing)
    admitted: list[str] = []
    held: list[str] = []
    postponed: dict[str, int] = {}
    for each in candidates:
        if not _is_open(each.limits, running):
            if each.queued:
                held.append(each.id)
        elif not line.is_open(each.limits):
            postponed[each.id] = line.postpone(each)
        elif len(admitted) < slots:
            admitted.append(each.id)
            line.start(each.limits)
            if each.limits.concurrency_key is not None:
                key = each.limits.concurrency_key
                running[key] = running.get(key, 0) + 1
    left = {c.limits.concurrency_key for c in candidates if _is_open(c.limits, running)}
    return Admission(
        tuple(admitted),
        tuple(held),
        postponed,
        tuple(sorted(key for key in left if key is not None)),
        line.changed,
    )


def instant(starts: Sequence[int], limit: int, period: int, now: int, ahead: int) -> int:
    """When a job may start, if `ahead` others start before it, each as early as it may."""
    rounds, place = divmod(ahead, limit)
    former = place - (limit - len(starts[-limit:]))
    first = now if former < 0 else max(now, starts[-limit:][former] + period)
    return first + rounds * period


def _is_open(limits: Limits, running: Mapping[str, int]) -> bool:
    key, most = limits.concurrency_key, limits.concurrency
    return key is None or most is None or running.get(key, 0) < most


class _Line:
    """The keys of rates, while candidates are gone through."""

    def __init__(self, standing: Standing) -> None:
        self._standing = standing
        self._again: Counter[str] = Counter()
        self._fresh: Counter[str] = Counter()
        self.changed: dict[str, tuple[int, ...]] = {}

    def is_open(self, limits: Limits) -> bool:
        return limits.rate_key is None or self._instant(limits, 0) <= self._standing.now

    def start(self, limits: Limits) -> None:
        if limits.rate_key is not None and limits.rate is not None:
            starts = (*self._starts(limits.rate_key), self._standing.now)
            self.changed[limits.rate_key] = starts[-limits.rate :]

    def postpone(self, candidate: Candidate) -> int:
        """One that was postponed before goes to the front, another behind its equals."""
        key = candidate.limits.rate_key or ""
        if candidate.limits.postponed:
            ahead = self._again[key]
            self._again[key] += 1
        else:
            others = self._standing.postponed.get(key, {})
            better = sum(n for priority, n in others.items() if priority >= candidate.priority)
            ahead = better + self._again[key] + self._fresh[key]
            self._fresh[key] += 1
        return self._instant(candidate.limits, ahead)

    def _starts(self, key: str) -> Sequence[int]:
        return self.changed.get(key, self._standing.starts.get(key, ()))

    def _instant(self, limits: Limits, ahead: int) -> int:
        if limits.rate_key is None or limits.rate is None or limits.period is None:
            return self._standing.now
        starts = self._starts(limits.rate_key)
        return instant(starts, limits.rate, limits.period, self._standing.now, ahead)
