"""The times of day of a rule, in seconds from midnight by the clock on the wall."""

from bisect import bisect_left, bisect_right

MINUTE = 60
DAY = 86_400


class ClockTimes:
    """Each listed hour with each listed minute with each listed second; all lists rise."""

    def __init__(
        self, hours: tuple[int, ...], minutes: tuple[int, ...], seconds: tuple[int, ...]
    ) -> None:
        self.minutes = tuple(hour * 60 + minute for hour in hours for minute in minutes)
        self.seconds = seconds
        self.earliest = self.minutes[0] * MINUTE + seconds[0]
        self.latest = self.minutes[-1] * MINUTE + seconds[-1]
        self.count = len(self.minutes) * len(seconds)

    def first(self, time: int) -> int | None:
        """The first of them from this time on."""
        if time <= self.earliest:
            return self.earliest
        if time > self.latest:
            return None
        minute, second = divmod(time, MINUTE)
        at = bisect_left(self.minutes, minute)
        if self.minutes[at] == minute:
            if second <= self.seconds[-1]:
                return minute * MINUTE + self.seconds[bisect_left(self.seconds, second)]
            at += 1
        return self.minutes[at] * MINUTE + self.seconds[0]

    def last(self, time: int) -> int | None:
        """The last of them up to this time."""
        if time >= self.latest:
            return self.latest
        if time < self.earliest:
            return None
        minute, second = divmod(time, MINUTE)
        at = bisect_right(self.minutes, minute) - 1
        if self.minutes[at] == minute:
            if second >= self.seconds[0]:
                return minute * MINUTE + self.seconds[bisect_right(self.seconds, second) - 1]
            at -= 1
        return self.minutes[at] * MINUTE + self.seconds[-1]

    def count_before(self, time: int) -> int:
        minute, second = divmod(time, MINUTE)
        at = bisect_left(self.minutes, minute)
        whole = at * len(self.seconds)
        if at < len(self.minutes) and self.minutes[at] == minute:
            whole += bisect_left(self.seconds, second)
        return whole


def one_time(time: int) -> ClockTimes:
    """A single time of day."""
    hour, rest = divmod(time, 3600)
    return ClockTimes((hour,), (rest // MINUTE,), (rest % MINUTE,))
