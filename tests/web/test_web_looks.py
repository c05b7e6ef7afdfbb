"""Looks that are shared: by those who wait, and never by one who came after it had begun."""

import asyncio

import pytest

from horarium.web.answers import Looks


class Counted:
    """Looks that wait to be let go on, and answer with their number."""

    def __init__(self) -> None:
        self.begun = 0
        self.go_on = asyncio.Event()

    async def look(self) -> bytes:
        self.begun += 1
        number = self.begun
        await self.go_on.wait()
        return str(number).encode()


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_who_comes_during_a_look_gets_the_next_one() -> None:
    looks, counted = Looks(), Counted()
    first = asyncio.create_task(looks.share("a", counted.look))
    await settled()
    later = [asyncio.create_task(looks.share("a", counted.look)) for _ in range(50)]
    await settled()
    assert counted.begun == 1
    counted.go_on.set()
    assert await first == b"1"
    assert set(await asyncio.gather(*later)) == {b"2"}
    assert counted.begun == 2
    assert await looks.share("a", counted.look) == b"3"


async def test_different_questions_do_not_wait_for_each_other() -> None:
    looks, counted, other = Looks(), Counted(), Counted()
    other.go_on.set()
    stuck = asyncio.create_task(looks.share("a", counted.look))
    await settled()
    assert await looks.share("b", other.look) == b"1"
    counted.go_on.set()
    assert await stuck == b"1"


async def test_an_error_is_for_all_who_waited_and_for_nobody_after() -> None:
    looks, counted = Looks(), Counted()

    async def fail() -> bytes:
        raise LookupError

    failing = [asyncio.create_task(looks.share("a", fail)) for _ in range(3)]
    found = await asyncio.gather(*failing, return_exceptions=True)
    assert [type(each) for each in found] == [LookupError] * 3
    counted.go_on.set()
    assert await looks.share("a", counted.look) == b"1"


async def test_one_who_goes_away_takes_nothing_from_the_others() -> None:
    looks, counted = Looks(), Counted()
    first = asyncio.create_task(looks.share("a", counted.look))
    second = asyncio.create_task(looks.share("a", counted.look))
    await settled()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    counted.go_on.set()
    assert await second == b"1"
    assert looks._under_way == looks._next == {}
