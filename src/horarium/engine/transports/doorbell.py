"""How a worker hears of work: a bell that rings, however often, as one ring.

A transport is a doorbell, the ledger is the truth: a lost or doubled ring loses and doubles
nothing, because a worker that wakes looks into the ledger, and looks by itself now and then.
"""

import asyncio

from horarium.waiting import set_within


class Doorbell:
    """Rung by transports, waited for by a worker's claim loop."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """There may be work."""
        self._rung.set()

    def hush(self) -> None:
        """Forget earlier rings; to be called before looking, so that none is lost."""
        self._rung.clear()

    async def wait(self, timeout: float) -> bool:
        """Return at the next ring, or after `timeout` seconds; whether it rang."""
        return await set_within(self._rung, timeout)
