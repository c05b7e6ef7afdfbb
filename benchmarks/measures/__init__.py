"""The measures by name, in the order in which they are run."""

from collections.abc import Awaitable, Callable

from benchmarks.figures import Quantity
from benchmarks.measures import (
    beats,
    drain,
    due_times,
    enqueue,
    history,
    idle,
    kiq,
    latency,
    start,
    timetable,
)
from benchmarks.session import Session

ALL: dict[str, Callable[[Session], Awaitable[list[Quantity]]]] = {
    "drain": drain.measure,
    "drain-two": drain.measure_two,
    "enqueue": enqueue.measure,
    "kiq": kiq.measure,
    "latency": latency.measure,
    "idle": idle.measure,
    "history": history.measure,
    "start": start.measure,
    "due-times": due_times.measure,
    "timetable": timetable.measure,
    "beats": beats.measure,
}
