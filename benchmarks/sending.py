"""Sends jobs for one peer, with that peer's Python; prints the seconds that the sending took.

python -m benchmarks.sending MODULE[:SENDER] install | empty | remove
python -m benchmarks.sending MODULE[:SENDER] many COUNT | single COUNT
python -m benchmarks.sending MODULE[:SENDER] stamped RATE COUNT
"""

import asyncio
import importlib
import sys
import time

from benchmarks.tasks import Sender


async def send(sender: Sender, what: str, numbers: list[float]) -> float:
    """Do one of the acts; returns the seconds, without those of connecting."""
    if what in ("install", "empty", "remove"):
        await getattr(sender, what)()
        return 0.0
    count = int(numbers[-1])
    await sender.open(count)
    began = time.perf_counter()
    if what == "many":
        await sender.many(count)
    elif what == "single":
        for _ in range(count):
            await sender.one()
    elif what == "stamped":
        await _send_stamped(sender, numbers[0], count)
    else:
        raise SystemExit(f"no such act: {what}")
    took = time.perf_counter() - began
    await sender.close()
    return took


async def _send_stamped(sender: Sender, rate: float, count: int) -> None:
    began = time.perf_counter()
    for number in range(count):
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        await sender.stamped(time.time())


def main() -> None:
    """Act on the command line's words."""
    import uvloop

    module, _, attribute = sys.argv[1].partition(":")
    sender: Sender = getattr(
        importlib.import_module(f"benchmarks.tasks.{module}"), attribute or "sender"
    )
    print(uvloop.run(send(sender, sys.argv[2], [float(word) for word in sys.argv[3:]])))


if __name__ == "__main__":
    main()
