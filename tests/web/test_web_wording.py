"""Numbers, money, times and names as the page words them: pure."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from horarium.web import wording
from horarium.web.hosts import answered_hosts, host_name


def test_numbers_and_money() -> None:
    assert wording.number(1234567) == "1,234,567"
    assert wording.number(-5) == "\N{MINUS SIGN}5"
    assert wording.cash(Decimal("58635.56"), "GBP") == "£58,635.56"
    assert wording.cash(Decimal("-28642.271"), "GBP") == "\N{MINUS SIGN}£28,642.271"
    assert wording.cash(Decimal(1200), "JPY") == "¥1,200"
    assert wording.cash(Decimal(12), "RUB") == "12.00\u00a0RUB"


def test_shares() -> None:
    assert wording.share(Decimal(110), Decimal(100)) == "+10.0\u00a0%"
    assert wording.share(Decimal(50), Decimal(100)) == "\N{MINUS SIGN}50.0\u00a0%"
    assert wording.share(Decimal(5000), Decimal(1)) == ""


def test_times_by_the_clock_of_a_zone() -> None:
    at = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    assert wording.moment(at, "Europe/London") == "1 Jul 2026, 23:30:00"
    assert wording.minute(at, "Europe/Moscow") == "Thu 2 Jul, 01:30"
    assert wording.minute(at, "Europe/Moscow", year=True) == "Thu 2 Jul 2026, 01:30"
    assert wording.second(at, "UTC") == "1 Jul, 22:30:00"
    assert wording.long_day(date(2010, 12, 1)) == "Wednesday, 1 December 2010"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (0.0384, "38\u00a0ms"),
        (1.237, "1.24\u00a0s"),
        (125.0, "2\u00a0min 5\u00a0s"),
        (7260.0, "2\u00a0h 1\u00a0min"),
    ],
)
def test_how_long_it_lasted(seconds: float | None, words: str) -> None:
    assert wording.lasted(seconds) == words


def test_long_texts_are_cut_at_their_first_line() -> None:
    assert wording.shortened("one\ntwo") == "one"
    assert wording.shortened("x" * 200) == "x" * 119 + "…"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("localhost:8000", "localhost"),
        ("LocalHost", "localhost"),
        ("[::1]:8000", "[::1]"),
        ("127.0.0.1", "127.0.0.1"),
        ("", ""),
    ],
)
def test_the_name_in_a_host_header(header: str, name: str) -> None:
    assert host_name(header) == name


def test_hosts_that_a_server_answers_to() -> None:
    assert answered_hosts("127.0.0.1") == {"127.0.0.1", "localhost", "[::1]"}
    assert answered_hosts("::1") == {"127.0.0.1", "localhost", "[::1]"}
    shop = answered_hosts("Shop.example.org")
    assert shop is not None
    assert "shop.example.org" in shop
    assert answered_hosts("0.0.0.0") is None
    assert answered_hosts("::") is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3.0, "now"),
        (0.0, "now"),
        (29.0, "within a minute"),
        (14.2 * 60, "in 14\N{NO-BREAK SPACE}min"),
        (3600.0, "in 1\N{NO-BREAK SPACE}h"),
        (5 * 3600 + 37 * 60, "in 5\N{NO-BREAK SPACE}h 37\N{NO-BREAK SPACE}min"),
        (3 * 86400.0, "in 3\N{NO-BREAK SPACE}days"),
    ],
)
def test_how_long_until(seconds: float, words: str) -> None:
    assert wording.until(seconds) == words


def test_sentences() -> None:
    assert wording.sentence("it is paused") == "It is paused."
    assert wording.sentence("Is it?") == "Is it?"
    assert wording.sentence("cut…") == "Cut…"
    assert wording.sentence(None) == ""
