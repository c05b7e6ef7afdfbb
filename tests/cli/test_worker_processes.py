"""`horarium worker` as processes: several under one supervisor, killed, recycled, stopped."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from horarium.database import Connection, Database
from horarium.engine import Ledger, NewJob, State, roster
from horarium.engine.jobs.job import arguments

PATIENCE = 60.0
SETTINGS = {
    "HORARIUM_APP": "staff",
    "HORARIUM_LEASE": "60",
    "HORARIUM_SHUTDOWN": "5",
    "HORARIUM_POLL": "5",
    "HORARIUM_CONCURRENCY": "4",
}


async def eventually(look: Callable[[], Awaitable[Any]], wanted: Any = True) -> None:
    seen: Any = None
    try:
        async with asyncio.timeout(PATIENCE):
            while (seen := await look()) != wanted:
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"waited for {wanted!r}; last seen: {seen!r}") from None


class Site:
    """A folder with an application, and the workers that run it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.log = folder / "log"
        self._url = url
        shutil.copy(Path(__file__).with_name("staff.py"), folder / "staff.py")

    @contextmanager
    def worker(self, *arguments: str, **settings: str) -> Iterator["subprocess.Popen[bytes]"]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("HORARIUM_")}
        environment |= {"DATABASE_URL": self._url, **SETTINGS, **settings}
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                (sys.executable, "-m", "horarium", "worker", *arguments),
                env=environment, cwd=self.folder, stdin=subprocess.PIPE, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        family = psutil.Process(process.pid)
        try:
            yield process
        except BaseException:
            sys.stderr.write(self.log.read_text())
            raise
        finally:
            everyone = [family, *family.children(recursive=True)] if family.is_running() else []
            for each in everyone:
                each.kill()
            process.wait()

    def said(self, words: str) -> int:
        return self.log.read_text().count(words)


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> Site:
    return Site(tmp_path, database_url)


@pytest.fixture
async def ledger(database_url: str) -> AsyncIterator[Ledger]:
    database = Database(database_url)
    yield Ledger(database)
    await database.close()


@pytest.fixture
async def connection(ledger: Ledger) -> AsyncIterator[Connection]:
    connection = await ledger.database.connect("tests")
    yield connection
    await connection.close()


async def live(ledger: Ledger) -> set[int]:
    """The processes whose workers live."""
    return {each.pid for each in await roster(ledger.database) if each.state == "live"}


async def how_many_live(ledger: Ledger) -> int:
    return len(await live(ledger))


async def run(ledger: Ledger, task: str, *given: Any) -> Any:
    """Enqueue a job, wait for its end, and return its result."""
    job = NewJob(task=task, arguments=arguments(*given))
    await ledger.enqueue(job)
    await eventually(lambda: state(ledger, job.id), State.SUCCEEDED)
    return msgspec.json.decode((await ledger.show(job.id)).result or b"null")


async def state(ledger: Ledger, job: str) -> State:
    return (await ledger.show(job)).state


async def put(ledger: Ledger, id: str, task: str) -> None:
    await ledger.enqueue(NewJob(id=id, task=task))
    await eventually(lambda: state(ledger, id), State.RUNNING)


async def ends(process: "subprocess.Popen[bytes]") -> int:
    return await asyncio.wait_for(asyncio.to_thread(process.wait), PATIENCE)


async def are_gone(pids: set[int]) -> None:
    def any_alive() -> bool:
        return any(
            psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
            for pid in pids
        )

    async def gone() -> bool:
        try:
            return not any_alive()
        except psutil.NoSuchProcess:
            return False

    await eventually(gone)


async def test_one_process_has_no_supervisor(site: Site, ledger: Ledger) -> None:
    with site.worker() as process:
        assert await run(ledger, "pid") == process.pid
        process.terminate()
        assert await ends(process) == 0


async def test_a_killed_process_is_replaced_and_its_job_runs_again(
    site: Site, ledger: Ledger, connection: Connection
) -> None:
    await connection.execute("create table public.gate ()")
    with site.worker(HORARIUM_PROCESSES="2", HORARIUM_LEASE="1.5") as process:
        await eventually(lambda: how_many_live(ledger), 2)
        assert process.pid not in await live(ledger)
        assert psutil.Process(process.pid).memory_info().rss < 70_000_000
        await put(ledger, "a", "gated")
        victim = next(
            each.pid for each in await roster(ledger.database) if each.running and each.pid
        )
        os.kill(victim, signal.SIGKILL)
        await connection.execute("insert into public.gate default values")
        await eventually(lambda: state(ledger, "a"), State.SUCCEEDED)
        assert (await ledger.show("a")).attempt == 2
        await eventually(lambda: how_many_live(ledger), 2)
        assert victim not in await live(ledger)
        assert site.said("SIGKILL") == 1
        process.terminate()
        assert await ends(process) == 0
    assert await live(ledger) == set()


async def test_processes_are_recycled_after_jobs_and_none_is_lost_or_run_twice(
    site: Site, ledger: Ledger, connection: Connection
) -> None:
    await connection.execute("create table public.written (n int)")
    with site.worker("--processes=2", "--recycle-after-jobs=40") as process:
        await ledger.enqueue_many(
            NewJob(id=f"{n}", task="write", arguments=arguments(n)) for n in range(160)
        )
        await eventually(ledger.counts, {State.SUCCEEDED: 160})
        rows = await connection.fetch("select n from public.written order by n")
        assert [row["n"] for row in rows] == list(range(160))
        pids = set()
        for n in range(160):
            job = await ledger.show(f"{n}")
            assert job.attempt == 1
            pids.add(bytes(job.result or b""))
        assert len(pids) > 2
        await eventually(lambda: how_many_live(ledger), 2)
        process.terminate()
        assert await ends(process) == 0
    assert site.said("has run 4") >= 2
    assert site.said("a worker process has ended") == 0


async def test_a_process_that_swells_is_succeeded_while_it_finishes(
    site: Site, ledger: Ledger, connection: Connection
) -> None:
    """Its successor works already; its long job ends as if nothing had happened."""
    await connection.execute("create table public.gate ()")
    with site.worker("--recycle-after-memory=250MB"):
        await put(ledger, "long", "gated")
        old = await run(ledger, "swell", 250)
        await eventually(lambda: differs(ledger, old))
        await connection.execute("insert into public.gate default values")
        await eventually(lambda: state(ledger, "long"), State.SUCCEEDED)
        job = await ledger.show("long")
        assert (job.attempt, msgspec.json.decode(job.result or b"")) == (1, old)
        await are_gone({old})


async def differs(ledger: Ledger, old: int) -> bool:
    return bool(await run(ledger, "pid") != old)


async def test_a_limit_below_what_a_process_needs_is_said_and_not_kept(
    site: Site, ledger: Ledger
) -> None:
    with site.worker("--recycle-after-memory=1MB"):
        first = await run(ledger, "pid")
        assert await run(ledger, "pid") == first
    assert site.said("as soon as it starts") == 1


async def test_a_crew_that_is_told_twice_gives_back_at_once(site: Site, ledger: Ledger) -> None:
    with site.worker("--processes=2", HORARIUM_SHUTDOWN="600") as process:
        await eventually(lambda: how_many_live(ledger), 2)
        await put(ledger, "a", "hold")
        await put(ledger, "b", "hold")
        process.terminate()
        await eventually(lambda: said(site, "worker stops"), 2)
        process.send_signal(signal.SIGINT)
        assert await ends(process) == 0
    for id in ("a", "b"):
        job = await ledger.show(id)
        assert (job.state, job.attempt) == (State.QUEUED, 0)


async def test_being_told_by_the_supervisor_and_by_all_is_being_told_once(
    site: Site, ledger: Ledger, connection: Connection
) -> None:
    """As systemd does: every process of the unit gets the signal, and the supervisor passes it."""
    await connection.execute("create table public.gate ()")
    with site.worker("--processes=2", HORARIUM_SHUTDOWN="60") as process:
        await put(ledger, "a", "gated")
        for each in (process.pid, *(p.pid for p in psutil.Process(process.pid).children())):
            with suppress(ProcessLookupError):  # told by the supervisor, it may have ended already
                os.kill(each, signal.SIGTERM)
        await eventually(lambda: asyncio.sleep(0, site.said("worker stops") >= 1))
        await connection.execute("insert into public.gate default values")
        assert await ends(process) == 0
    job = await ledger.show("a")
    assert (job.state, job.attempt) == (State.SUCCEEDED, 1)


async def test_a_crew_ends_with_whoever_has_started_it(site: Site, ledger: Ledger) -> None:
    """Under `horarium up`: its standard input closes when that dies."""
    with site.worker(HORARIUM_PROCESSES="2", HORARIUM_SUPERVISED="worker") as process:
        await eventually(lambda: how_many_live(ledger), 2)
        family = {p.pid for p in psutil.Process(process.pid).children()}
        assert process.stdin is not None
        process.stdin.close()
        assert await ends(process) == 0
        await are_gone(family)
    assert await live(ledger) == set()


async def said(site: Site, words: str) -> int:
    return site.said(words)


@pytest.mark.parametrize("task", ["hold", "stuck", "stuck elsewhere", "stuck process"])
async def test_nothing_that_is_stuck_holds_up_the_end(
    site: Site, ledger: Ledger, task: str
) -> None:
    with site.worker(HORARIUM_SHUTDOWN="1") as process:
        await put(ledger, "a", task)
        process.terminate()
        began = time.monotonic()
        assert await ends(process) == 0
        assert time.monotonic() - began < 20
    job = await ledger.show("a")
    assert (job.state, job.attempt) == (State.QUEUED, 0)


async def test_no_process_outlives_its_supervisor(site: Site, ledger: Ledger) -> None:
    with site.worker("--processes=2", HORARIUM_SHUTDOWN="1") as process:
        await put(ledger, "a", "stuck process")
        await eventually(lambda: how_many_live(ledger), 2)
        # A job runs, for the ledger, when it is claimed: its process may only be starting.
        await eventually(lambda: descendants(process.pid), 3)
        family = {p.pid for p in psutil.Process(process.pid).children(recursive=True)}
        process.kill()
        await are_gone(family)
    assert await state(ledger, "a") is State.QUEUED


async def test_the_pool_ends_with_its_worker(site: Site, ledger: Ledger) -> None:
    with site.worker() as process:
        await put(ledger, "a", "stuck process")
        await eventually(lambda: children(process.pid), 1)
        family = {p.pid for p in psutil.Process(process.pid).children()}
        process.kill()
        await are_gone(family)


async def children(pid: int) -> int:
    return len(psutil.Process(pid).children())


async def descendants(pid: int) -> int:
    return len(psutil.Process(pid).children(recursive=True))


async def test_the_code_is_reloaded_and_a_mistake_in_it_waited_out(
    site: Site, ledger: Ledger
) -> None:
    code = site.folder / "staff.py"
    text = code.read_text()
    with site.worker("--reload") as process:
        assert await run(ledger, "version") == 1
        await put(ledger, "a", "hold")
        code.write_text(text.replace("VERSION = 1", "VERSION = = 2"))
        await eventually(lambda: said(site, "waiting for a change of the code"), 1)
        assert site.said("SyntaxError") == 1
        # The job that ran was given back, for the worker to come.
        job = await ledger.show("a")
        assert (job.state, job.attempt) == (State.QUEUED, 0)
        code.write_text(text.replace("VERSION = 1", "VERSION = 3"))
        assert await run(ledger, "version") == 3
        process.terminate()
        assert await ends(process) == 0


async def test_a_crew_that_is_started_wrongly_ends_with_the_sentence(site: Site) -> None:
    with site.worker("--processes=2", "--app=staff:nothing") as process:
        assert await ends(process) == 2
    assert "is no Horarium application" in site.log.read_text()


async def test_a_crew_whose_members_cannot_start_goes_on_trying(
    site: Site, empty_database_url: str
) -> None:
    with site.worker("--processes=1", "--recycle-after-jobs=9", DATABASE_URL=empty_database_url):
        await eventually(lambda: said(site, "another takes its place"), 2)
    assert '"pause": 2' in site.log.read_text() or "pause=2" in site.log.read_text()


async def test_queues_and_weights_reach_every_member(site: Site, ledger: Ledger) -> None:
    with site.worker("--processes=2", "--queue=mail:3", "--queue", "reports", "-c", "7"):
        await eventually(lambda: how_many_live(ledger), 2)
        for each in await roster(ledger.database):
            assert (each.queues, each.slots) == (["mail", "reports"], 7)
