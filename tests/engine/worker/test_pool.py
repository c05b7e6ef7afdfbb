"""Tasks in processes: what crosses, what is killed, and what dies without harming others."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import msgspec
import pool_tasks
import pytest
from workplace import PATIENCE, ended, eventually, working

from horarium import Cancellation, JobConnection
from horarium.engine import Job, Ledger, LedgerBroker, State
from horarium.engine.worker import pool
from horarium.errors import InvalidInput
from horarium.settings import Settings


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, pool=2, shutdown=1.0)


@pytest.fixture(autouse=True)
def as_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process of the pool gets this one's path in the place of its own."""
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "as_installed")


def in_process(broker: LedgerBroker, function: Any, **labels: Any) -> Any:
    return broker.task(function.__name__, executor="process", **labels)(function)


async def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # A child that nobody has waited for yet is as dead.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


async def pids(file: Path) -> list[int]:
    async def written() -> bool:
        return file.exists()

    await eventually(written)
    return [int(each) for each in file.read_text().split()]


def error_of(job: Job) -> tuple[str, str]:
    assert job.error is not None
    return job.error.type, job.error.message


async def test_arguments_and_results_cross_as_their_types(broker: LedgerBroker) -> None:
    task = in_process(broker, pool_tasks.add_days)
    async with working(broker.worker()):
        sent = await task.kiq("2024-05-01", days=3)
        assert (await sent.wait_result(timeout=PATIENCE)).return_value == "2024-05-04"


async def test_processes_are_kept_and_no_more_than_were_asked_for(broker: LedgerBroker) -> None:
    task = in_process(broker, pool_tasks.pid)
    async with working(broker.worker()):
        sent = [await task.kiq() for _ in range(12)]
        found = {(await s.wait_result(timeout=PATIENCE)).return_value for s in sent}
    assert 1 <= len(found) <= 2
    assert os.getpid() not in found
    for pid in found:
        await eventually(lambda pid=pid: is_gone(pid))


@pytest.mark.parametrize(
    ("how", "kind", "message"),
    [
        ("exit", "ProcessDied", "exit status 3"),
        ("kill", "ProcessDied", "SIGKILL; if nobody did that, the system may have, for want of"),
        ("segfault", "ProcessDied", "SIGSEGV"),
        ("system exit", "SystemExit", "4"),
        ("fussy", "Fussy", "1 and 2"),
        ("own", "OwnKey", "'own'"),
        ("stop", "RuntimeError", ""),
        ("lambda", "NotCarried", "die ran, but its result cannot cross"),
    ],
)
async def test_what_ends_badly_fails_its_own_job_and_no_other(
    broker: LedgerBroker, ledger: Ledger, how: str, kind: str, message: str
) -> None:
    task = in_process(broker, pool_tasks.die)
    async with working(broker.worker()):
        bad = await task.kiq(how)
        good = [await task.kiq(str(n)) for n in range(6)]
        job = await ended(ledger, bad.task_id)
        for n, sent in enumerate(good):
            assert (await sent.wait_result(timeout=PATIENCE)).return_value == str(n)
    assert job.state is State.FAILED
    assert error_of(job)[0] == kind
    assert message in error_of(job)[1]


async def test_the_traceback_is_that_of_the_process(broker: LedgerBroker, ledger: Ledger) -> None:
    task = in_process(broker, pool_tasks.die)
    async with working(broker.worker()):
        for how in ("fussy", "own"):
            job = await ended(ledger, (await task.kiq(how)).task_id)
            assert job.error is not None
            assert "pool_tasks.py" in (job.error.traceback or "")


@pytest.mark.parametrize(("how", "expected"), [("print", "input"), ("large", "x" * 2_000_000)])
async def test_what_a_task_prints_or_returns_does_not_disturb_the_pipe(
    broker: LedgerBroker, how: str, expected: str
) -> None:
    task = in_process(broker, pool_tasks.die)
    async with working(broker.worker()):
        result = await (await task.kiq(how)).wait_result(timeout=PATIENCE)
    assert result.return_value == expected


async def test_a_task_in_a_process_chooses_its_outcome(
    broker: LedgerBroker, ledger: Ledger
) -> None:
    task = in_process(broker, pool_tasks.die)
    async with working(broker.worker()):
        job = await ended(ledger, (await task.kiq("cancel")).task_id)
    assert (job.state, error_of(job)) == (State.CANCELLED, ("Cancelled", "by its own wish"))


@pytest.mark.parametrize("rule", [{"max_retries": 5}, {"retry_on": OSError}])
async def test_an_attempt_whose_process_died_is_retried_by_the_tasks_rule(
    broker: LedgerBroker, ledger: Ledger, tmp_path: Path, rule: dict[str, Any]
) -> None:
    task = in_process(broker, pool_tasks.refuse, retry_delay=0, **rule)
    async with working(broker.worker()):
        job = await ended(ledger, (await task.kiq(3, str(tmp_path / "failures"))).task_id)
    if "max_retries" in rule:
        assert (job.state, job.attempt) == (State.SUCCEEDED, 3)
    else:
        assert (job.state, job.attempt) == (State.FAILED, 1)


async def test_progress_is_told_from_a_process(
    broker: LedgerBroker, ledger: Ledger, tmp_path: Path
) -> None:
    task = in_process(broker, pool_tasks.tell)
    told, go_on = tmp_path / "told", tmp_path / "go on"
    async with working(broker.worker()):
        sent = await task.kiq(told=str(told), go_on=str(go_on))

        async def seen() -> Any:
            mark = (await ledger.show(sent.task_id)).progress
            return mark and (mark.fraction, mark.note, mark.state, mark.number)

        await eventually(seen, (19_999 / 40_000, "step 19999", "counting", 20_000))
        go_on.touch()
        job = await ended(ledger, sent.task_id)
    # What it told last came with the outcome.
    assert bytes(job.result or b"") == b'"20001 0.75"'
    assert job.progress is not None
    assert (job.progress.fraction, job.progress.note, job.progress.number) == (0.75, None, 20_001)


async def test_what_is_no_progress_fails_the_task_in_its_process(
    broker: LedgerBroker, ledger: Ledger
) -> None:
    task = in_process(broker, pool_tasks.tell_wrongly)
    async with working(broker.worker()):
        job = await ended(ledger, (await task.kiq()).task_id)
    assert (job.state, error_of(job)[0]) == (State.FAILED, "InvalidInput")
    assert "1.5 is outside 0..1" in error_of(job)[1]


async def test_what_is_told_after_the_end_is_nobodys_progress(
    broker: LedgerBroker, ledger: Ledger, tmp_path: Path
) -> None:
    early, late = tmp_path / "go on", tmp_path / "go on told"
    first = in_process(broker, pool_tasks.tell_too_late)
    second = in_process(broker, pool_tasks.wait_for)
    broker.settings = msgspec.structs.replace(broker.settings, pool=1)
    async with working(broker.worker()):
        one = await ended(ledger, (await first.kiq(go_on=str(early))).task_id)
        other = await ended(ledger, (await second.kiq(str(late), str(early))).task_id)
    assert one.progress is not None
    assert one.progress.fraction == 0.1
    assert other.state is State.SUCCEEDED
    assert other.progress is None


async def test_an_error_that_cannot_cross_is_retried_by_its_name(
    broker: LedgerBroker, ledger: Ledger
) -> None:
    task = in_process(
        broker, pool_tasks.die, retry_delay=0, max_retries=1, retry_on=pool_tasks.Fussy
    )
    async with working(broker.worker()):
        job = await ended(ledger, (await task.kiq("fussy")).task_id)
    assert (job.state, job.attempt) == (State.FAILED, 2)


@pytest.mark.parametrize("function", [pool_tasks.hang, pool_tasks.hold_the_gil])
async def test_a_cancelled_job_is_ended_with_all_that_it_started(
    broker: LedgerBroker, ledger: Ledger, tmp_path: Path, function: Any
) -> None:
    hanging, other = in_process(broker, function), in_process(broker, pool_tasks.pid)
    async with working(broker.worker()):
        sent = await hanging.kiq(str(tmp_path / "pids"))
        started = await pids(tmp_path / "pids")
        await ledger.cancel(sent.task_id, "enough")
        assert (await ended(ledger, sent.task_id)).state is State.CANCELLED
        for pid in started:
            await eventually(lambda pid=pid: is_gone(pid))
        # Both places are there again.
        again = [await other.kiq() for _ in range(4)]
        for each in again:
            assert not (await each.wait_result(timeout=PATIENCE)).is_err


async def test_a_job_over_its_time_is_ended(
    broker: LedgerBroker, ledger: Ledger, tmp_path: Path
) -> None:
    task = in_process(broker, pool_tasks.hang, timeout=2.0)
    async with working(broker.worker()):
        sent = await task.kiq(str(tmp_path / "pids"))
        job = await ended(ledger, sent.task_id)
        assert error_of(job)[0] == "TimeoutError"
        assert "timeout of 2 s" in error_of(job)[1]
        for pid in await pids(tmp_path / "pids"):
            await eventually(lambda pid=pid: is_gone(pid))


async def test_waiting_for_a_process_is_not_the_jobs_time(
    broker: LedgerBroker, ledger: Ledger, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process takes longer to start than these jobs may run."""
    slow = ("sh", "-c", 'sleep 1.5; exec "$0" "$@"', *pool._COMMAND)
    monkeypatch.setattr(pool, "_COMMAND", slow)
    broker.settings = msgspec.structs.replace(settings, pool=1)
    task = in_process(broker, pool_tasks.pid, timeout=1.2)
    async with working(broker.worker()):
        sent = [await task.kiq() for _ in range(5)]
        for each in sent:
            assert (await ended(ledger, each.task_id)).state is State.SUCCEEDED


async def test_a_stop_gives_back_what_runs_in_a_process(
    broker: LedgerBroker, ledger: Ledger, tmp_path: Path
) -> None:
    task = in_process(broker, pool_tasks.hang)
    async with working(broker.worker()):
        sent = await task.kiq(str(tmp_path / "pids"))
        started = await pids(tmp_path / "pids")
    job = await ledger.show(sent.task_id)
    assert (job.state, job.attempt) == (State.QUEUED, 0)
    for pid in started:
        await eventually(lambda pid=pid: is_gone(pid))


async def test_a_signal_to_all_processes_is_the_workers_affair(
    broker: LedgerBroker, tmp_path: Path
) -> None:
    task = in_process(broker, pool_tasks.be_told)
    async with working(broker.worker()):
        sent = await task.kiq(str(tmp_path / "pid"), str(tmp_path / "go on"))
        (pid,) = await pids(tmp_path / "pid")
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(pid, number)
        (tmp_path / "go on").touch()
        assert (await sent.wait_result(timeout=PATIENCE)).return_value == "unharmed"


def wants_a_connection(connection: JobConnection) -> None: ...


def wants_to_know(stop: Cancellation) -> bool:
    return stop.requested


async def test_a_process_that_cannot_be_started_costs_no_attempt(
    broker: LedgerBroker, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = in_process(broker, pool_tasks.pid)
    monkeypatch.setattr("horarium.engine.broker.execution.NOT_STARTED_PAUSE", 0.2)
    for command in (("no such program",), ("false",)):
        monkeypatch.setattr("horarium.engine.worker.pool._COMMAND", command)
        async with working(broker.worker()):
            sent = await task.kiq()

            async def why(id: str = sent.task_id) -> str | None:
                error = (await ledger.show(id)).error
                return error and error.type

            await eventually(why, "NotStarted")
            monkeypatch.undo()
            job = await ended(ledger, sent.task_id)
            assert (job.state, job.attempt) == (State.SUCCEEDED, 1)


async def test_a_dependency_that_cannot_cross_is_named(
    broker: LedgerBroker, ledger: Ledger
) -> None:
    task = in_process(broker, wants_a_connection)
    async with working(broker.worker()):
        job = await ended(ledger, (await task.kiq()).task_id)
    kind, message = error_of(job)
    assert kind == "NotCarried"
    assert "cannot be handed to a process" in message


async def test_what_cannot_run_in_a_process_is_refused_at_the_declaration(
    broker: LedgerBroker,
) -> None:
    async def on_the_loop() -> None: ...

    def inside() -> None: ...

    def plain() -> None: ...

    for function, label, said in (
        (on_the_loop, "process", "is async"),
        (on_the_loop, "thread", "is async"),
        (inside, "process", "made inside another function"),
        (plain, "loop", "hold up the loop"),
        (plain, "elsewhere", '"thread" or "process"'),
    ):
        with pytest.raises(InvalidInput, match=said) as refused:
            broker.task(executor=label)(function)
        assert refused.value.field == "executor"


async def test_what_a_process_could_not_find_is_refused_at_the_start(broker: LedgerBroker) -> None:
    exec("def nowhere(): ...", made := {"__name__": __name__})
    broker.task("moved", executor="process")(made["nowhere"])
    with pytest.raises(InvalidInput, match="cannot be found by a process as nowhere"):
        broker.worker()


async def test_processes_end_with_their_worker_even_if_it_is_cancelled(
    broker: LedgerBroker, tmp_path: Path
) -> None:
    task = in_process(broker, pool_tasks.hang)
    running = asyncio.create_task(broker.worker().run())
    await task.kiq(str(tmp_path / "pids"))
    started = await pids(tmp_path / "pids")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    for pid in started:
        await eventually(lambda pid=pid: is_gone(pid))
