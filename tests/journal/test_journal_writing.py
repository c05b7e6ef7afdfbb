"""The journal on a real database and a real disk: what it says, and that writing again is safe."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from journal_files import AFTER, FILE, both, by_hand, files, forget, header, read, turn

from engine.workplace import working
from horarium.accounts import Role, add_account
from horarium.application import Horarium
from horarium.engine import State
from horarium.shop import NewUser, create_user
from journal.conftest import Ended


async def test_a_day_has_an_index_and_a_file_for_each_job(
    app: Horarium, folder: Path, ended: Ended
) -> None:
    await ended("a", "2026-11-10T10:00:00+00:00", result={"ok": True})
    why = {"type": "E", "message": "no"}
    await ended("b", "2026-11-10T23:59:59.999999+00:00", state="failed", error=why)
    await ended("c", "2026-11-11T00:00:00+00:00")  # tomorrow's
    await ended("d", "2026-11-10T10:00:00+00:00", owner=None)  # nobody's
    assert await turn(app) == (1, 2)
    day, *entries = read(folder / "2026-11-10" / "ada" / "index.jsonl")
    assert day == {
        "line": "day", "owner": "ada", "day": "2026-11-10", "zone": "Europe/London",
        "starts_at": "2026-11-10T00:00:00Z", "ends_at": "2026-11-11T00:00:00Z", "final": True,
        "jobs": 2, "succeeded": 1, "failed": 1, "cancelled": 0, "note": "2 jobs were finished",
    }  # fmt: skip
    assert [(each["id"], each["state"]) for each in entries] == [
        ("a", "succeeded"),
        ("b", "failed"),
    ]
    assert entries[0]["file"] == FILE
    assert sorted(files(folder)) == sorted(
        f"2026-11-10/ada/{name}" for name in ("index.jsonl", *(each["file"] for each in entries))
    )
    job, run = read(folder / "2026-11-10" / "ada" / FILE)
    assert (job["line"], job["id"], job["owner"]) == ("job", "a", "ada")
    assert job["task"] == "shop:send_receipt"
    assert job["arguments"] == {"args": [42], "kwargs": {"to": "you"}}
    assert (job["state"], job["result"], job["took"]) == ("succeeded", {"ok": True}, 0.0)
    assert (run["line"], run["attempt"], run["outcome"]) == ("attempt", 1, "succeeded")
    assert run["ended_at"] == job["updated_at"] == "2026-11-10T10:00:00Z"


async def test_nobody_else_can_read_it(app: Horarium, folder: Path, ended: Ended) -> None:
    await ended("a", "2026-11-10T10:00:00+00:00")
    await turn(app)
    modes = {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()}
    assert modes == {0o600}
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_dir()} == {0o700}


async def test_a_real_job_with_its_attempts(app: Horarium, folder: Path) -> None:
    calls = []

    async def flaky(n: int) -> str:
        calls.append(n)
        if len(calls) == 1:
            raise ValueError("not yet")
        return "done"

    task: Any = app.broker.register_task(
        flaky, "flaky", retry_on_error=True, max_retries=2, retry_delay=0
    )
    sent = await task.kicker().with_labels(owner="ada").kiq(7)
    async with working(app.broker.worker()):
        await sent.wait_result(timeout=30)
    job = await app.ledger.show(sent.task_id)
    assert (job.state, job.owner) == (State.SUCCEEDED, "ada")
    assert job.finished_at is not None
    (written,) = await by_hand(app, job.finished_at.date(), "ada")
    assert (written.jobs, written.final) == (1, False)
    (path,) = folder.glob("*/ada/*_flaky_*.jsonl")
    line, first, second = read(path)
    assert (line["arguments"]["args"], line["attempts"]) == ([7], 2)
    assert (first["outcome"], first["error"]["message"]) == ("failed", "not yet")
    assert (second["outcome"], second["attempt"]) == ("succeeded", 2)


async def test_writing_again_changes_no_byte(app: Horarium, folder: Path, ended: Ended) -> None:
    for number in range(230):  # more than a chunk
        await ended(f"{number:03}", "2026-11-10T10:00:00+00:00")
    await turn(app)
    before = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.rglob("*.*")}
    content = files(folder)
    assert len(content) == 231
    await by_hand(app)
    await by_hand(app, redo=True)
    assert {p: (p.stat().st_ino, p.stat().st_mtime_ns) for p in folder.rglob("*.*")} == before
    assert files(folder) == content
    assert await turn(app) == (0, 0)


async def test_a_day_with_nothing_says_so(app: Horarium, folder: Path, ended: Ended) -> None:
    await ended("a", "2026-11-10T10:00:00+00:00")
    assert await turn(app) == (1, 1)
    assert await turn(app, AFTER + timedelta(days=1)) == (1, 0)
    (day,) = read(folder / "2026-11-11" / "ada" / "index.jsonl")
    assert (day["jobs"], day["note"]) == (0, "no job was finished")


async def test_an_account_has_days_from_its_first_on(app: Horarium, folder: Path) -> None:
    async with app.transaction() as connection:
        account = await add_account(connection, "bob", Role.READER, "Asia/Tokyo")
    await turn(app, account.created_at + timedelta(days=3))
    headers = [read(path)[0] for path in sorted(folder.glob("*/bob/index.jsonl"))]
    assert len(headers) in (2, 3)
    assert {header["zone"] for header in headers} == {"Asia/Tokyo"}


async def test_days_are_those_of_each_owners_zone(
    app: Horarium, folder: Path, ended: Ended
) -> None:
    async with app.transaction() as connection:
        await add_account(connection, "tokyo", zone="Asia/Tokyo")
        await create_user(connection, NewUser("A", zone="America/New_York", id="york"))
        await connection.execute("update horarium.accounts set created_at = '2026-11-10T12:00Z'")
    for owner in ("tokyo", "york", "london"):
        await ended(f"1{owner}", "2026-11-10T14:59:59+00:00", owner)
        await ended(f"2{owner}", "2026-11-10T15:00:00+00:00", owner)
        await ended(f"3{owner}", "2026-11-11T04:59:59+00:00", owner)
    await turn(app, datetime(2026, 11, 12, 6, tzinfo=UTC))
    days = {
        owner: [header(folder, day, owner)["jobs"] for day in ("2026-11-10", "2026-11-11")]
        for owner in ("tokyo", "york", "london")
    }  # fmt: skip
    assert days == {"tokyo": [1, 2], "york": [3, 0], "london": [2, 1]}


async def test_days_that_were_missed_are_made_up_for(
    app: Horarium, folder: Path, ended: Ended
) -> None:
    for day in (1, 2, 9):
        await ended(f"{day}", f"2026-11-0{day}T10:00:00+00:00")
    assert await turn(app, datetime(2026, 11, 2, 0, 2, tzinfo=UTC)) == (1, 1)
    assert await turn(app) == (9, 2)
    assert len(list(folder.glob("*/ada/index.jsonl"))) == 10


async def test_a_day_is_written_when_it_has_been_over_for_a_while(
    app: Horarium, ended: Ended
) -> None:
    await ended("a", "2026-11-10T10:00:00+00:00")
    assert await turn(app, datetime(2026, 11, 11, 0, 0, 30, tzinfo=UTC)) == (0, 0)
    assert await turn(app, datetime(2026, 11, 11, 0, 1, 0, tzinfo=UTC)) == (1, 1)


async def test_what_was_recorded_late_is_added_a_day_later(
    app: Horarium, folder: Path, ended: Ended
) -> None:
    await ended("a", "2026-11-10T10:00:00+00:00")
    await turn(app)
    await ended("late", "2026-11-10T23:59:59+00:00")
    await turn(app, AFTER + timedelta(days=1))
    assert read(folder / "2026-11-10" / "ada" / "index.jsonl")[0]["jobs"] == 2


async def test_two_turns_at_once_write_once(app: Horarium, folder: Path, ended: Ended) -> None:
    for number in range(30):
        await ended(f"{number}", "2026-11-10T10:00:00+00:00", f"owner {number % 3}")
    await both(*(turn(app) for _ in range(4)), *(by_hand(app) for _ in range(2)))
    assert len(files(folder)) == 33
    async with app.database.connection() as connection:
        assert await connection.fetchval("select sum(jobs) from horarium.journal_days") == 30


async def test_a_job_that_is_run_again_the_same_day_has_one_file(
    app: Horarium, folder: Path, ended: Ended
) -> None:
    await ended("a", "2026-11-10T10:00:00+00:00", state="failed")
    await by_hand(app, now=datetime(2026, 11, 10, 12, tzinfo=UTC))
    assert header(folder)["note"] == "1 job was finished so far"
    await forget(app, "a")
    await ended("a", "2026-11-10T13:00:00+00:00")
    await turn(app)
    day, entry = read(folder / "2026-11-10" / "ada" / "index.jsonl")
    assert (day["final"], day["succeeded"], day["failed"]) == (True, 1, 0)
    assert [path.name for path in folder.glob("*/ada/a_*")] == [entry["file"]]


async def test_a_job_that_is_run_again_later_is_in_both_days(
    app: Horarium, folder: Path, ended: Ended
) -> None:
    await ended("a", "2026-11-10T10:00:00+00:00", state="failed")
    await turn(app)
    await forget(app, "a")
    await ended("a", "2026-11-11T13:00:00+00:00")
    await turn(app, AFTER + timedelta(days=1))
    assert header(folder, "2026-11-10")["failed"] == 1
    assert header(folder, "2026-11-11")["succeeded"] == 1


async def test_what_the_ledger_has_forgotten_stays(
    app: Horarium, folder: Path, ended: Ended
) -> None:
    await ended("a", "2026-11-10T10:00:00+00:00")
    await turn(app)
    before = files(folder)
    await forget(app, "a")
    await by_hand(app, redo=True)
    assert files(folder) == before


async def test_a_zone_that_changes_leaves_each_job_in_one_day(
    app: Horarium, folder: Path, ended: Ended
) -> None:
    for hour in range(0, 96, 2):
        await ended(f"{hour:02}", datetime(2026, 11, 9, 1, tzinfo=UTC) + timedelta(hours=hour))
    async with app.transaction() as connection:
        await add_account(connection, "ada", zone="Pacific/Kiritimati")
        await connection.execute("update horarium.accounts set created_at = '2026-11-09T02:00Z'")
    now = datetime(2026, 11, 9, 2, tzinfo=UTC)
    for step in range(40):
        if step % 6 == 0:
            zone = ("Pacific/Niue", "Europe/London", "Pacific/Kiritimati")[step // 6 % 3]
            async with app.transaction() as connection:
                await connection.execute("update horarium.accounts set zone = $1", zone)
            await by_hand(app, (now - timedelta(hours=12)).date(), now=now)
        await turn(app, now)
        now += timedelta(hours=5)
    ids = [each["id"] for path in folder.glob("*/ada/index.jsonl") for each in read(path)[1:]]
    assert sorted(ids) == [f"{hour:02}" for hour in range(0, 96, 2)]
