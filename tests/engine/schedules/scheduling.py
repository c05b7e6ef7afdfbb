"""A scheduler in a process of its own, on the real clock."""

import asyncio
import sys

from horarium.database import Database
from horarium.engine.jobs.ledger import Ledger
from horarium.engine.schedules.scheduler import Scheduler

if __name__ == "__main__":
    asyncio.run(Scheduler(Ledger(Database(sys.argv[1]))).run())
