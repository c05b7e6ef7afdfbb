"""Addresses of servers: what cannot be read in one way only is refused, and no password shown."""

import pytest

from horarium import migrations
from horarium.addresses import address, mask
from horarium.database import Database
from horarium.errors import Unavailable

GOOD = [
    "postgresql:///shop",
    "postgresql://",
    "postgres://me@db.example/shop",
    "postgresql://me:s3cret@db.example:5433/shop?sslmode=require",
    "postgresql://me:s3cret@one:5432,two:5433/shop",
    "postgresql://me:s3%2Fc%40ret@[::1]:5432/shop",
    "postgresql://me@%2Frun%2Fpostgresql/shop",
    "postgresql:///shop?host=/run/postgresql&user=me@tenant",
]
BAD = [
    "postgresql://me:s3/cret@db.example:5432/shop",
    "postgresql://me:12/s3cret@db.example:5432/shop",
    "postgresql://me:s3#cret@db.example:5432/shop",
    "postgresql://me:s3?cret@db.example:5432/shop",
    "postgresql://me:s3@cret@db.example:5432/shop",
    "postgresql://me:s3cret@db.example:port/shop",
    "postgresql://me:s3cret@db.example:99999/shop",
    "postgresql://me:s3cret@[::1/shop",
    "postgresql://me:s3cret@db\uff0fexample/shop",
    "postgresql://me:s3cret@db example/shop",
]


@pytest.mark.parametrize("url", GOOD)
def test_an_address_is_taken_as_it_is(url: str) -> None:
    assert address("postgresql", "postgres")(url) == url


@pytest.mark.parametrize("url", BAD)
def test_one_that_may_be_read_in_two_ways_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="%2F %3F %23") as refused:
        address("postgresql", "postgres")(url)
    assert "cret" not in str(refused.value)
    assert "s3" not in str(refused.value)
    assert "cret" not in mask(url)
    assert "s3" not in mask(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql:///shop", "postgresql:///shop"),
        ("amqp://me:s3cret@mq:5672/", "amqp://me:***@mq:5672/"),
        ("redis://:s3cret@cache/1", "redis://:***@cache/1"),
        ("postgresql://me@db/shop?password=s3cret", "postgresql://me@db/shop?password=***"),
        (
            "postgresql:///shop?host=/run/pg&PASSWORD=s3%26cret&user=me",
            "postgresql:///shop?host=/run/pg&PASSWORD=***&user=me",
        ),
        ("no address: s3cret", "***"),
    ],
)
def test_passwords_are_masked_wherever_they_stand(url: str, shown: str) -> None:
    assert mask(url) == shown


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:s3cret@127.0.0.1:1/shop",
        "postgresql://127.0.0.1:1/shop?user=me&password=s3cret",
        "postgresql://me:s3cret@127.0.0.1:1/shop?port=what",
        "postgresql://me:s3cret@a..b/shop",
    ],
)
async def test_a_server_that_cannot_be_reached_is_one_sentence(url: str) -> None:
    for attempt in (
        Database(url).connect("x"),
        Database(url).open(),
        migrations.upgrade_async(url),
    ):
        with pytest.raises(Unavailable, match="Is DATABASE_URL right") as refused:
            await attempt
        assert "s3cret" not in str(refused.value)
