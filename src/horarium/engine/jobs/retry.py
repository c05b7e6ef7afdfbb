"""When a failed attempt is followed by another. Pure: chance is an argument."""

import msgspec


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """A task's rule for attempts after a failure.

    Attributes:
        limit: attempts after the first; 0: none.
        delay: seconds before the next attempt, or a list: one for each, the last for the rest.
        backoff: the delay is multiplied by this for each further attempt; 1: it stays the same.
        longest: no delay is longer than this, in seconds.
        jitter: a share of the delay, 0 to 1, by which it is spread at random in both directions.
        only: names of exception types that are retried; empty: all.
        never: names of exception types that fail at once; they go before `only`.
    """

    limit: int = 0
    delay: float | tuple[float, ...] = 5.0
    backoff: float = 1.0
    longest: float = 3600.0
    jitter: float = 0.0
    only: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()


NEVER = Retry()


def delay_after(rule: Retry, attempt: int, kinds: frozenset[str], chance: float) -> float | None:
    """Seconds to wait before the next attempt, or `None` when the job has failed for good.

    Args:
        attempt: the one that failed, counted from 1.
        kinds: names of the exception's type and of its bases.
        chance: a number in [0, 1); 0.5 gives the delay without spread.
    """
    if attempt > rule.limit or rule.never & kinds:
        return None
    if rule.only and not rule.only & kinds:
        return None
    spread = 1 + rule.jitter * (2 * chance - 1)
    return min(min(_plain_delay(rule, attempt), rule.longest) * spread, rule.longest)


def _plain_delay(rule: Retry, attempt: int) -> float:
    if isinstance(rule.delay, tuple):
        return rule.delay[min(attempt, len(rule.delay)) - 1]
    # A large exponent would overflow a float long after the cap was reached.
    return float(rule.delay * rule.backoff ** min(attempt - 1, 64))
