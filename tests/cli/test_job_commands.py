"""`horarium job`: looking at jobs, running them again, cancelling them, as a user meets it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from horarium.cli.values import instant, named_arguments
from horarium.database import Database
from horarium.engine import Ledger, NewJob
from horarium.errors import InvalidInput

FAIL = """
with ended as (delete from horarium.jobs where task = $1 returning *)
insert into horarium.job_history (id, task, queue, priority, state, due_at, enqueued_at, attempt,
    started_at, finished_at, arguments, error)
select id, task, queue, priority, 'failed', due_at, enqueued_at, 1, now() - interval '2 s', now(),
    arguments, '{"type": "ValueError", "message": "no such order"}'
from ended
"""


Horarium = Callable[..., Any]


def arrange(url: str, act: Callable[[Ledger], Awaitable[Any]]) -> None:
    async def acted() -> None:
        database = Database(url)
        await act(Ledger(database))
        await database.close()

    asyncio.run(acted())


def enqueue(url: str, task: str, *ids: str, failed: bool = False, **fields: Any) -> None:
    async def act(ledger: Ledger) -> None:
        for id in ids:
            assert await ledger.enqueue(NewJob(id=id, task=task, **fields))
        if failed:
            async with ledger.database.connection() as connection:
                await connection.execute(FAIL, task)

    arrange(url, act)


def test_jobs_are_run_again_by_id(horarium: Horarium, url: str) -> None:
    enqueue(url, "again", "r1", "r2", failed=True)
    done = horarium("job", "retry", "r1", "never", "r2")
    assert done.status == 1
    assert done.out.splitlines() == [
        "r1 is queued again",
        "there is no job 'never' in the ledger",
        "r2 is queued again",
    ]
    done = horarium("job", "retry", "r1", "--json")
    assert done.status == 1
    assert done.json[0]["done"] is False
    assert "'r1' is queued" in done.json[0]["says"]


def test_jobs_are_run_again_by_filter(horarium: Horarium, url: str) -> None:
    enqueue(url, "mail", "m1", "m2", failed=True, arguments=b'{"args":[],"kwargs":{"n":1}}')
    found = ("job", "retry", "--task", "mail", "--since", "1h", "--argument", "n=1")
    assert horarium(*found, "--dry-run").out == "2 jobs would be queued again.\n"
    assert horarium(*found, "--dry-run", "--state", "succeeded").out.startswith("0 jobs would")
    assert horarium(*found, "--json").json == {"count": 2, "dry_run": False}
    assert horarium(*found).out == "0 jobs are queued again.\n"


def test_a_job_is_shown_with_its_former_attempts(horarium: Horarium, url: str) -> None:
    enqueue(url, "shown", "s1", failed=True)
    assert "no such order" in horarium("job", "show", "s1").out
    horarium("job", "retry", "s1")
    shown = horarium("job", "show", "s1", "--json").json
    assert shown["state"] == "queued"
    assert [each["outcome"] for each in shown["attempts"]] == ["failed"]
    assert "ValueError: no such order" in horarium("job", "show", "s1").out


def test_jobs_are_cancelled(horarium: Horarium, url: str) -> None:
    enqueue(url, "stop", "c1", "c2")
    done = horarium("job", "cancel", "c1", "c2", "--reason", "withdrawn")
    assert (done.status, done.out) == (0, "c1 is cancelled\nc2 is cancelled\n")
    done = horarium("job", "cancel", "c1")
    assert (done.status, done.out) == (1, "job 'c1' has ended already: it was cancelled\n")
    assert horarium("job", "cancel", "never").status == 1
    assert "withdrawn" in horarium("job", "show", "c1").out


def test_jobs_are_listed_by_filter(horarium: Horarium, url: str) -> None:
    enqueue(url, "listed", "l1", owner="ada", arguments=b'{"args":["x"],"kwargs":{}}')
    for option in (("--owner", "ada"), ("--argument", "0=x"), ("--argument", '0="x"')):
        assert [job["id"] for job in horarium("job", "list", "--json", *option).json] == ["l1"]
    assert "no such jobs" in horarium("job", "list", "--task", "listed", "--until", "1d").out
    others = ("--without", "listed", "--without", "mail")
    assert horarium("job", "list", "--json", "--owner", "ada", *others).json == []


def test_a_job_is_explained(horarium: Horarium, url: str) -> None:
    enqueue(url, "explained", "e1", queue="nobody's")
    done = horarium("job", "explain", "e1")
    assert done.out.splitlines() == [
        "e1 (explained) is queued.",
        '1. No live worker listens to the queue "nobody\'s".',
        "   -> horarium worker --queues nobody's",
    ]
    assert horarium("job", "explain", "e1", "--json").json["findings"][0]["reason"] == "no worker"
    assert horarium("job", "explain", "never").status == 1


def test_figures_are_shown(horarium: Horarium, url: str) -> None:
    enqueue(url, "figured", "g1", "g2", failed=True)
    row = next(line for line in horarium("job", "stats").out.splitlines() if "figured" in line)
    assert row.split()[-2:] == ["2.0", "s"]
    figures = horarium("job", "stats", "--span", "day", "--json").json
    (task,) = [each for each in figures["tasks"] if each["task"] == "figured"]
    assert (task["states"], task["p50"]) == ({"failed": 2}, 2.0)
    assert horarium("job", "stats", "--span", "year").status == 2


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("retry",), "--task NAME"),
        (("retry", "a", "--task", "b"), "not both"),
        (("retry", "a", "--dry-run"), "not both"),
        (("retry", "--state", "sleeping"), "sleeping"),
        (("retry", "--state", "queued"), "has not ended"),
        (("retry", "--since", "soon"), "soon"),
        (("retry", "--since", "1h", "--until", "2h"), "not after since"),
        (("retry", "--argument", "n"), "name=value"),
        (("retry", "--argument", "=1"), "name=value"),
        (("list", "--argument", "n"), "name=value"),
        (("list", "--until", "13:00"), "13:00"),
        (("cancel",), "ids of jobs"),
    ],
)
def test_wrong_usage_is_one_sentence(
    horarium: Horarium, arguments: tuple[str, ...], word: str
) -> None:
    done = horarium("job", *arguments)
    assert (done.status, done.out) == (2, "")
    assert word in done.error


def test_instants_are_read() -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert instant("x", None) is None
    assert instant("x", "2h", now) == now - timedelta(hours=2)
    assert instant("x", "7d", now) == now - timedelta(days=7)
    assert instant("x", "2026-03-01") == datetime(2026, 3, 1, tzinfo=UTC)
    assert instant("x", "2026-03-01T12:00+03:00") == datetime(2026, 3, 1, 9, tzinfo=UTC)
    for text in ("", "h", "-2h", "2 h", "999999w", "now", "2026-13-01"):
        with pytest.raises(InvalidInput, match="is no time"):
            instant("x", text, now)


def test_arguments_are_read() -> None:
    assert named_arguments(["a=1", "b=x", 'c={"d":[]}', "e=", "f=g=h", "h=" + "[" * 9999]) == {
        "a": 1, "b": "x", "c": {"d": []}, "e": "", "f": "g=h", "h": "[" * 9999,
    }  # fmt: skip


def test_progress_and_an_expired_result_are_shown(url: str, horarium: Horarium) -> None:
    async def act(ledger: Ledger) -> None:
        await ledger.enqueue(NewJob(id="halfway", task="count"))
        async with ledger.database.connection() as connection:
            await connection.execute(
                "update horarium.jobs set started_at = now() where id = 'halfway'"
            )
            await connection.execute(
                "insert into horarium.progress values "
                "('halfway', (select started_at from horarium.jobs where id = 'halfway'), 3, 0.4, "
                "'row 1,200', 'importing', null, now(), now())"
            )
            await connection.execute(
                "insert into horarium.job_history (id, task, queue, priority, state, due_at, "
                "enqueued_at, attempt, finished_at) "
                "values ('old', 'count', 'q', 0, 'succeeded', now(), now(), 1, now())"
            )

    arrange(url, act)
    assert "40 %, importing, row 1,200" in horarium("job", "show", "halfway").out
    assert horarium("job", "show", "halfway", "--json").json["progress"]["fraction"] == 0.4
    assert "has expired" in horarium("job", "show", "old").out
