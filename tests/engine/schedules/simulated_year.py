"""A year of a timetable, simulated: the real step, the real database, a clock that chance moves.

Hundreds of schedules are decided by one to five schedulers, which crash before or after any
statement and are held up in the middle of one while others work. Meanwhile the clock steps forward
and back, users pause, edit, trigger and backfill, deploys change the code's schedules at the very
second when something is due, and jobs take up to weeks. Everything follows from the seed; nothing
runs beside anything else but where the fuse says so, so that a seed that fails is lived again.

What a scheduler does while another one is held up runs nested in it, in a context of its own: it
must never wait for what the other has locked. Users may have to: what they cannot do at once they
do afterwards.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from contextvars import Context
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from any_schedule import any_schedule
from dying import Crash, DyingDatabase, Fuse
from schedule_examples import DAY, SECOND
from schedule_world import World

from horarium.database import Database
from horarium.engine.jobs.ledger import Ledger
from horarium.engine.schedules.backfill import Order, backfill
from horarium.engine.schedules.book import Book
from horarium.engine.schedules.edition import Edition, apply, synchronise
from horarium.engine.schedules.proof import Proof
from horarium.engine.schedules.proving import prove
from horarium.engine.schedules.schedule import Overlap, Schedule
from horarium.engine.schedules.scheduler import Scheduler
from horarium.engine.schedules.standing import prove_decided
from horarium.errors import Conflict, InvalidInput, NotFound

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = 365 * DAY
HELD_UP = "300ms"
"""How long whoever works beside a scheduler that is held up waits for a lock."""
JOB_TAKES = (0.0, 0.0, 1.0, 10.0, 600.0, 7200.0, 200_000.0, 3e6)
"""Seconds."""

Act = Callable[[str], Awaitable[None]]


class Process:
    """One scheduler; when it crashes, another takes its place."""

    def __init__(self, url: str, world: World) -> None:
        self.world = world
        self.fuse = Fuse(0, after=False)
        self.database = DyingDatabase(url, self.fuse, {"lock_timeout": HELD_UP})
        self.scheduler = Scheduler(Ledger(self.database, world.clock))

    async def end(self) -> None:
        """End it, and wait until the server has noticed, and with it let go of its locks."""
        connection = self.scheduler._link._connection
        pid = None if connection is None else connection.get_server_pid()
        await self.scheduler.close()
        there = "select count(*) from pg_stat_activity where pid = $1"
        while pid is not None and await self.world.value(there, pid):
            await asyncio.sleep(0.005)


class Year:
    """One life of a book, from New Year on, in so many moves."""

    def __init__(self, world: World, seed: int, schedules: int, moves: int) -> None:
        self.world = world
        self.chance = random.Random(seed)
        self.count, self.moves = schedules, moves
        self.diary: list[str] = []
        self.done: dict[str, int] = {}
        self.ids: list[str] = []
        self.untouched: dict[str, Overlap] = {}
        self.postponed: list[tuple[Act, str]] = []
        self.processes: list[Process] = []

    async def live(self) -> None:
        """All moves, and then whatever is due is decided in peace."""
        self.world.clock.set(NEW_YEAR)
        url = await self.world.database.url()
        users = Database(f"{url}{'&' if '?' in url else '?'}lock_timeout={HELD_UP}")
        self.users = Book(Ledger(users, self.world.clock))
        self.processes = [Process(url, self.world) for _ in range(self.chance.randint(1, 5))]
        try:
            await self._found()
            for _ in range(self.moves):
                self._pass_time()
                await self._work()
                await self._move()
                await self._afterwards()
            await self.world.decide()
        finally:
            for process in self.processes:
                await process.end()
            await users.close()

    async def proofs(self) -> list[Proof]:
        """What the proof says of the whole year."""
        end = self.world.clock.now + DAY
        return [each async for each in prove(self.world.book, NEW_YEAR - 40 * DAY, end)]

    # Time and work

    def _pass_time(self) -> None:
        """Mostly a little; the long spans make up the year."""
        mean = YEAR.total_seconds() / self.moves
        kind = self.chance.randrange(10)
        if kind == 0:
            self._note("the clock is set back")
            self.world.pass_time(seconds=-self.chance.choice([0.5, 30, 300, 7200]))
        elif kind < 5:
            self.world.pass_time(seconds=self.chance.random() * self.chance.choice([1, 60, 3600]))
        else:
            self.world.pass_time(seconds=self.chance.expovariate(0.55 / mean))

    async def _work(self) -> None:
        """End the jobs whose time has come; a scheduler hears of most of them."""
        ended = []
        for row in await self.world.unfinished():
            takes = random.Random(f"{row['schedule']} {row['fired_for']}").choice(JOB_TAKES)
            if row["enqueued_at"] + timedelta(seconds=takes) <= self.world.clock.now:
                ended.append(row["id"])
                if row["schedule"] is not None and self.chance.random() < 0.9:
                    self.chance.choice(self.processes).scheduler._hear(row["schedule"])
        await self.world.end(ended, self.chance.choice(["succeeded", "failed"]))

    # What happens

    async def _found(self) -> None:
        ids = [f"s{number:03}" for number in range(self.count)]
        made = [any_schedule(self.chance, id, self.world.clock.now) for id in ids]
        await apply(self.users, Edition(schedules=made, origin="api"))
        self.code = [self._new(f"code{number}") for number in range(max(3, self.count // 10))]
        await synchronise(self.users, self.code, "shop")
        self.ids = [*ids, *(each.id for each in self.code)]
        self.untouched = {each.id: each.overlap for each in (*made, *self.code)}

    async def _move(self) -> None:
        acts = {
            self._edit: 3, self._pause: 3, self._resume: 5, self._retire: 1, self._trigger: 1,
            self._backfill: 2, self._deploy: 3, self._prove: 1,
        }  # fmt: skip
        if self.chance.random() < 0.45:
            await self._act(self.chance.choices(list(acts), list(acts.values()))[0])
        for _ in range(self.chance.randint(1, 3)):
            await self._step(self.chance.choice(self.processes))

    async def _act(self, act: Act, id: str | None = None) -> None:
        id = id or self.chance.choice(self.ids)
        self._note(f"{act.__name__.strip('_')} {id}")
        with suppress(NotFound, InvalidInput, Conflict):  # retired, an instant that has passed
            await act(id)

    async def _edit(self, id: str) -> None:
        self.untouched.pop(id, None)
        await self.users.put(self._new(id), "api")

    async def _pause(self, id: str) -> None:
        await self.users.pause(id, "chance")

    async def _resume(self, id: str) -> None:
        await self.users.resume(id, "chance")

    async def _retire(self, id: str) -> None:
        self.untouched.pop(id, None)
        await self.users.retire(id, "chance")

    async def _trigger(self, id: str) -> None:
        self.untouched.pop(id, None)
        await self.users.trigger(id)

    async def _backfill(self, id: str) -> None:
        self.untouched.pop(id, None)
        now, most = self.world.clock.now, self.chance.choice([60, 3600, 86_400])
        await backfill(
            self.users, id, now - self.chance.randint(1, most) * SECOND, now,
            redo=self.chance.random() < 0.3, concurrency=self.chance.randint(1, 20),
            order=self.chance.choice(list(Order)),
        )  # fmt: skip

    async def _prove(self, _id: str) -> None:
        wrong = await prove_decided(self.users)
        assert not wrong, wrong

    async def _deploy(self, _id: str) -> None:
        """New code, at the second when something is due; every scheduler is another one."""
        upcoming = await self.world.value("select min(next_fire_at) from horarium.schedules")
        if upcoming is not None and upcoming > self.world.clock.now:
            self.world.clock.set(upcoming + self.chance.choice([-1, 0, 1]) * timedelta.resolution)
        stay = [each for each in self.code if self.chance.random() < 0.8]
        fresh = [self._new(each.id) for each in stay if self.chance.random() < 0.5]
        names = {each.id for each in fresh}
        self.code = [*(each for each in stay if each.id not in names), *fresh]
        if self.chance.random() < 0.5 or not self.code:
            self.code.append(self._new(f"code{self.chance.randrange(self.count)}"))
        self.code = list({each.id: each for each in self.code}.values())
        self.ids = sorted({*self.ids, *(each.id for each in self.code)})
        for id in [id for id in self.untouched if id.startswith("code")]:
            del self.untouched[id]
        for at in range(len(self.processes)):
            if self.chance.random() < 0.7:
                await self._replace(self.processes[at])
        await synchronise(self.users, self.code, "shop")

    def _new(self, id: str) -> Schedule:
        return any_schedule(self.chance, id, self.world.clock.now)

    # Schedulers

    async def _step(self, process: Process) -> None:
        """One step: to its end, into a crash, or held up while others go about their work."""
        fuse = process.fuse
        fuse.at, fuse.after = self.chance.randint(1, 30), self.chance.random() < 0.5
        match self.chance.randrange(3):
            case 0:
                fuse.at = 0
            case 1:
                fuse.blow = self._crash
            case 2:
                fuse.blow = lambda: self._meanwhile(process)
        await self._guarded(process)

    async def _guarded(self, process: Process) -> None:
        process.fuse.light()
        try:
            await process.scheduler.step()
        except Crash:
            self._note("a scheduler crashed")
            await self._replace(process)
        finally:
            process.fuse.count = None

    def _crash(self) -> None:
        raise Crash

    async def _meanwhile(self, held: Process) -> None:
        """What others do while one scheduler is held up at a statement."""
        self._note("a scheduler is held up")
        others = [each for each in self.processes if each is not held]
        if others and self.chance.random() < 0.7:
            other = self.chance.choice(others)
            other.fuse.at = 0
            other.scheduler._looked_at_all = float("-inf")
            await _apart(self._guarded(other))
        else:
            await _apart(self._try(self.chance.choice([self._edit, self._pause, self._resume])))
        if self.chance.random() < 0.3:
            raise Crash

    async def _try(self, act: Act) -> None:
        """What a user does, or, where another has it locked, does afterwards."""
        id = self.chance.choice(self.ids)
        try:
            await self._act(act, id)
        except asyncpg.LockNotAvailableError:
            self._note(f"{id} is locked; later")
            self.postponed.append((act, id))

    async def _afterwards(self) -> None:
        postponed, self.postponed = self.postponed, []
        for act, id in postponed:
            await self._act(act, id)

    async def _replace(self, process: Process) -> None:
        await process.end()
        fresh = Process(await self.world.database.url(), self.world)
        self.processes[self.processes.index(process)] = fresh

    def _note(self, what: str) -> None:
        kind = " ".join(word for word in what.split() if word not in self.ids)
        self.done[kind] = self.done.get(kind, 0) + 1
        self.diary.append(f"{self.world.clock.now:%Y-%m-%d %H:%M:%S.%f} {what}")


async def _apart(work: Coroutine[Any, Any, None]) -> None:
    """Do it as another process would: in nobody's transaction."""
    await asyncio.get_running_loop().create_task(work, context=Context())
