"""For the tests of those who use Horarium; pytest finds its fixtures by itself.

Without a database: `InlineBroker`, or `inline` for the broker of an application. With one: the
fixture `horarium_app`, and `run_jobs`, `fire_schedules`, `move_clock`, `enqueued`.
"""

from horarium.engine import InlineBroker
from horarium.testing.looking import Sent, enqueued
from horarium.testing.running import Ran, fire_schedules, inline, run_jobs
from horarium.testing.travel import move_clock

__all__ = [
    "InlineBroker",
    "Ran",
    "Sent",
    "enqueued",
    "fire_schedules",
    "inline",
    "move_clock",
    "run_jobs",
]
