"""Mail on failure, from the failing job to the mail server."""

import asyncio
import time
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

PATIENCE = 60.0


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


async def failed(app: Horarium, jobs: int) -> None:
    """Wait until so many have."""
    sql = "select count(*) from horarium.job_history"
    async with app.database.connection() as connection, asyncio.timeout(PATIENCE):
        while await connection.fetchval(sql) < jobs:
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
        for n in range(24):
            await fall.kiq(n)
        await failed(app, 24)
        await fall.kiq(24)  # the newest, by itself: those that are written together are of one time
        await other.kiq()
        await failed(app, 26)
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
    place, every = mail_server(), 4.0

    def told() -> int:
        return sum(int(letter["Subject"].split()[2]) for letter in letters.taken)

    async with AsyncExitStack() as stack:
        apps = [application(database_url, place, every=every) for _ in range(3)]
        (fall, _), *_ = [await stack.enter_async_context(working(app)) for app in apps]
        began = time.monotonic()
        for n in range(30):
            await fall.kiq(n)
        await until(lambda: len(letters.taken), 1)
        for n in range(30, 50):
            await fall.kiq(n)
        # Told when the period is over, by whichever worker comes first.
        await until(told, 50)
        periods = int((time.monotonic() - began) / every)
    assert 2 <= len(letters.taken) <= 1 + periods


async def test_a_server_that_is_away_is_tried_again(
    database_url: str, mail_server: Any, letters: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "_AGAIN", 0.2)
    letters.refuses = True
    app = application(database_url, mail_server())
    async with working(app) as (fall, _):
        await fall.kiq()
        await failed(app, 1)
        letters.refuses = False
        await until(lambda: subjects(letters), ["[horarium] fall: 1 job failed"])


async def test_a_worker_that_stops_mails_first(
    database_url: str, mail_server: Any, letters: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "GATHER", 3600.0)
    app = application(database_url, mail_server())
    async with working(app) as (fall, _):
        sent = await fall.kiq()
        await sent.wait_result(timeout=60)
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
