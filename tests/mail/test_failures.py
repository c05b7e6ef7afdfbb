"""Mail on failure, from the failing job to the mail server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.workplace import working as at_work
from horarium import settings as settings_module
from horarium.application import Horarium
from horarium.database import Database
from horarium.errors import InvalidSetting
from horarium.mail import FailureMail, Post, Readers, failures
from horarium.settings import Settings

PATIENCE = 20.0
FAILED = "select count(*) from horarium.job_history where state = 'failed'"


def application(url: str, mail: str, every: float = 600.0) -> Horarium:
    app = Horarium(
        Settings(
            database_url=url,
            smtp_url=f"smtp://{mail}",
            mail_to="ops@example.org, boss@example.org",
            mail_from="horarium@example.org",
            mail_every=every,
            shutdown=5,
        ),
        builtin=False,
    )

    @app.broker.task("fall")
    async def fall(n: int = 0) -> None:
        raise OSError(f"no {n}")

    @app.broker.task("other")
    async def other() -> None:
        raise ValueError("secret-free")

    app.tasks = (fall, other)  # type: ignore[attr-defined]
    return app


@asynccontextmanager
async def working(app: Horarium) -> AsyncIterator[Any]:
    async with app.running(), at_work(app.broker.worker()):
        yield app.tasks  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "GATHER", 0.5)
    monkeypatch.setattr(failures, "_SETTLING", 0.1)


async def until(look: Any, wanted: Any = True) -> None:
    async with asyncio.timeout(PATIENCE):
        while look() != wanted:
            await asyncio.sleep(0.01)


def subjects(letters: Any) -> list[str]:
    return sorted(letter["Subject"] for letter in letters.taken)


async def test_many_failures_of_a_task_are_one_mail(
    database_url: str, mail_server: Any, letters: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = application(database_url, mail_server())
    have_failed = asyncio.Event()
    mail = FailureMail._mail

    async def mail_when_all_have_failed(self: FailureMail, task: str, _: float) -> None:
        # Real ones wait for some seconds, in which a busy machine may not get through them all.
        await have_failed.wait()
        await mail(self, task, 0.0)

    monkeypatch.setattr(FailureMail, "_mail", mail_when_all_have_failed)
    async with working(app) as (fall, other):
        for n in range(25):
            await fall.kiq(n)
        await other.kiq()
        async with asyncio.timeout(PATIENCE), app.database.connection() as connection:
            while await connection.fetchval(FAILED) < 26:
                await asyncio.sleep(0.01)
        have_failed.set()
        await until(lambda: len(letters.taken), 2)
    assert subjects(letters) == [
        "[horarium] fall: 25 jobs failed", "[horarium] other: 1 job failed",
    ]  # fmt: skip
    (letter,) = [each for each in letters.taken if "fall" in each["Subject"]]
    assert letter["To"] == "ops@example.org, boss@example.org"
    body = letter.get_content()
    assert "OSError: no 24" in body
    assert "and 15 before these" in body


async def test_within_a_period_there_is_one_mail_across_all_workers(
    database_url: str, mail_server: Any, letters: Any
) -> None:
    place = mail_server()
    async with AsyncExitStack() as stack:
        apps = [application(database_url, place, every=4.0) for _ in range(3)]
        (fall, _), *_ = [await stack.enter_async_context(working(app)) for app in apps]
        for n in range(30):
            await fall.kiq(n)
        await until(lambda: len(letters.taken), 1)
        for n in range(30, 50):
            await fall.kiq(n)
        # Told when the period is over, by whichever worker comes first.
        await until(lambda: len(letters.taken), 2)
    counts = [int(letter["Subject"].split()[2]) for letter in letters.taken]
    assert sum(counts) == 50, counts
    assert len(letters.taken) == 2


async def test_a_server_that_is_away_is_tried_again(
    database_url: str, mail_server: Any, letters: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "_AGAIN", 0.2)
    letters.refuses = True
    app = application(database_url, mail_server())
    async with working(app) as (fall, _):
        await fall.kiq()
        async with app.database.connection() as connection:
            while not await connection.fetchval("select count(*) from horarium.job_history"):
                await asyncio.sleep(0.01)
        letters.refuses = False
        await until(lambda: subjects(letters), ["[horarium] fall: 1 job failed"])


async def test_a_worker_that_stops_mails_first(
    database_url: str, mail_server: Any, letters: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "GATHER", 3600.0)
    app = application(database_url, mail_server())
    async with working(app) as (fall, _):
        sent = await fall.kiq()
        await sent.wait_result(timeout=10)
    assert subjects(letters) == ["[horarium] fall: 1 job failed"]


async def test_a_mail_on_its_way_when_its_worker_stops_is_not_sent_again(
    database_url: str, mail_server: Any, letters: Any
) -> None:
    letters.pause = 0.5
    place = mail_server()
    # The period is over before failures are gathered: nothing but the note keeps a mail back.
    for n in range(2):
        async with working(application(database_url, place, every=0.1)) as (fall, _):
            await fall.kiq(n)
            await until(lambda: len(letters.taken), n + 1)
    assert subjects(letters) == ["[horarium] fall: 1 job failed"] * 2


async def test_what_a_dead_worker_saw_is_told_by_the_next(
    database_url: str, mail_server: Any, letters: Any
) -> None:
    database = Database(database_url)
    async with database.connection() as connection:
        await connection.execute(
            "insert into horarium.job_history (id, task, queue, priority, state, due_at, "
            "enqueued_at, attempt, finished_at) "
            "values ('lost', 'fall', 'q', 0, 'failed', now(), now(), 1, now() - interval '1 s')"
        )
    await database.close()
    async with working(application(database_url, mail_server())) as (fall, _):
        await fall.kiq()
        await until(lambda: subjects(letters), ["[horarium] fall: 2 jobs failed"])


async def test_failures_of_very_many_tasks_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    from horarium.events import Events, JobFailed

    monkeypatch.setattr(failures, "MOST_TASKS", 3)
    events = Events()
    mail = FailureMail(Database("postgresql://x"), events, Post("smtp://x"), Readers([], "", 1.0))
    for n in range(5):
        mail._hear(
            JobFailed(id="a", task=f"t{n}", queue="q", attempt=1, outcome="failed", took=0.0)
        )
    assert len(mail._due) == 3


def test_settings(tmp_path: Path) -> None:
    url = "smtp://me:s3cret@mail.example.org"
    given = {"SMTP_URL": url, "HORARIUM_MAIL_TO": "a@x.org,b@x.org"}
    settings = settings_module.load(given, tmp_path)
    assert failures.readers(settings).to == ["a@x.org", "b@x.org"]
    assert failures.readers(settings).sender.startswith("horarium@")
    assert "s3cret" not in settings_module.masked(settings, "smtp_url")
    with pytest.raises(InvalidSetting, match=r"HORARIUM_MAIL_TO: .*no mail address"):
        settings_module.load({**given, "HORARIUM_MAIL_TO": "ops"}, tmp_path)
    with pytest.raises(InvalidSetting, match=r"HORARIUM_MAIL_TO: it needs a mail server"):
        Horarium(settings_module.load({"HORARIUM_MAIL_TO": "a@x.org"}, tmp_path))
