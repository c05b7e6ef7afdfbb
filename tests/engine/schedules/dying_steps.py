"""Runs one step for each line of input, in a child that is killed at a statement of its choice.

Input: the number of the statement and `before` or `after`. Output: `killed`, or `ended` where the
step has fewer statements.
"""

import asyncio
import os
import sys
from datetime import datetime

from dying import DyingDatabase, Fuse, by_kill

from horarium.clock import SetClock
from horarium.engine.jobs.ledger import Ledger
from horarium.engine.schedules.scheduler import Scheduler


async def step(url: str, now: datetime, fuse: Fuse) -> None:
    database = DyingDatabase(url, fuse)
    await Scheduler(Ledger(database, SetClock(now))).step()


def main(url: str) -> None:
    for line in sys.stdin:
        now, at, when = line.split()
        child = os.fork()
        if not child:
            os.dup2(2, 1)  # logs are not answers
            fuse = Fuse(int(at), after=when == "after", blow=by_kill)
            asyncio.run(step(url, datetime.fromisoformat(now), fuse))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write("killed\n" if os.WIFSIGNALED(status) else "ended\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
