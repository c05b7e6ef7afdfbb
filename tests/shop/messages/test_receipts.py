"""No message is acknowledged before all that came before it are settled."""

import asyncio

from horarium.shop.messages.receipts import Receipts


class Channel:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.acknowledged: list[int] = []

    async def basic_ack(self, tag: int, *, multiple: bool) -> None:
        assert multiple
        self.acknowledged.append(tag)


async def test_those_of_a_moment_are_one_and_gaps_are_waited_for() -> None:
    channel = Channel()
    receipts = Receipts(channel)
    await asyncio.gather(*(receipts.give(tag) for tag in (3, 1, 2, 5)))
    assert channel.acknowledged == [3]
    await receipts.give(6)
    assert channel.acknowledged == [3]
    await receipts.give(4)
    assert channel.acknowledged == [3, 6]
