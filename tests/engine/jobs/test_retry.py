from hypothesis import given
from hypothesis import strategies as st

from horarium.engine.jobs.retry import NEVER, Retry, delay_after

SECONDS = st.floats(0, 1e9)
CHANCE = st.floats(0, 1, exclude_max=True)
RULES = st.builds(
    Retry,
    limit=st.integers(0, 10_000),
    delay=SECONDS | st.lists(SECONDS, min_size=1, max_size=5).map(tuple),
    backoff=st.floats(1, 100),
    longest=st.floats(0.001, 1e9),
    jitter=st.floats(0, 1),
)
PLAIN = frozenset({"ValueError", "Exception"})


@given(rule=RULES, attempt=st.integers(1, 20_000), chance=CHANCE)
def test_attempts_are_counted_and_delays_are_capped(
    rule: Retry, attempt: int, chance: float
) -> None:
    delay = delay_after(rule, attempt, PLAIN, chance)
    if attempt > rule.limit:
        assert delay is None
    else:
        assert delay is not None
        assert 0 <= delay <= rule.longest


@given(rule=RULES, attempt=st.integers(1, 20_000), chance=CHANCE)
def test_jitter_spreads_by_its_share_and_no_more(rule: Retry, attempt: int, chance: float) -> None:
    plain = delay_after(rule, attempt, PLAIN, 0.5)
    spread = delay_after(rule, attempt, PLAIN, chance)
    if plain is not None and spread is not None:
        assert plain * (1 - rule.jitter) * 0.999 <= spread <= plain * (1 + rule.jitter) * 1.001


@given(attempt=st.integers(1, 500), delay=st.floats(0, 1e6), backoff=st.floats(1, 100))
def test_delays_never_shrink(attempt: int, delay: float, backoff: float) -> None:
    rule = Retry(limit=1000, delay=delay, backoff=backoff, longest=1e9)
    first, second = (delay_after(rule, n, PLAIN, 0.5) for n in (attempt, attempt + 1))
    assert first is not None
    assert second is not None
    assert first <= second


def test_listed_delays_are_taken_in_order_and_the_last_for_the_rest() -> None:
    rule = Retry(limit=5, delay=(1.0, 10.0, 60.0))
    assert [delay_after(rule, n, PLAIN, 0.5) for n in range(1, 7)] == [1, 10, 60, 60, 60, None]


def test_a_backoff_multiplies() -> None:
    rule = Retry(limit=9, delay=5, backoff=2, longest=60)
    assert [delay_after(rule, n, PLAIN, 0.5) for n in range(1, 6)] == [5, 10, 20, 40, 60]


def test_exception_types_choose() -> None:
    only = Retry(limit=3, only=frozenset({"OSError"}))
    assert delay_after(only, 1, PLAIN, 0.5) is None
    assert delay_after(only, 1, frozenset({"ConnectionError", "OSError"}), 0.5) == 5
    never = Retry(limit=3, only=frozenset({"Exception"}), never=frozenset({"ValueError"}))
    assert delay_after(never, 1, PLAIN, 0.5) is None
    assert delay_after(never, 1, frozenset({"KeyError", "Exception"}), 0.5) == 5


def test_without_a_rule_nothing_is_tried_again() -> None:
    assert delay_after(NEVER, 1, PLAIN, 0.5) is None
