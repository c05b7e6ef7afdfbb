"""The journal where something is in its way: odd names, secrets, full disks, what others left."""

import errno
import os
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest
from cryptography.fernet import Fernet
from journal_files import AFTER, DAY, FILE, by_hand, files, header, read, turn

from horarium.application import Horarium
from horarium.database import statement
from horarium.engine import NewJob
from horarium.errors import InvalidInput, NotFound
from horarium.journal import JournalNotWritten, elsewhere
from horarium.journal.whereabouts import MARK
from horarium.setting_values import Keys
from horarium.settings import Settings
from journal.conftest import Ended


async def test_names_that_no_file_system_takes(app: Horarium, folder: Path, ended: Ended) -> None:
    owners = ["../../up", "имя/под\\чертой", "~nobody", "CON", "Ada", "ada", "x" * 255, ".."]
    for number, owner in enumerate(owners):
        await ended(f"../{number}", "2026-11-10T10:00:00+00:00", owner, task="../a/b:c")
        await ended("Ж" * 255, "2026-11-10T10:00:00+00:00", owner, task="Ж" * 255)
    assert await turn(app) == (len(owners), 2 * len(owners))
    assert len(list(folder.glob("[!.]*"))) == 1
    found = {read(path)[0]["owner"] for path in folder.glob("*/*/index.jsonl")}
    assert found == set(owners)
    assert not list(folder.parent.parent.glob("up"))


async def test_jobs_without_an_owner_where_it_is_told(
    journal_url: str, app: Horarium, folder: Path, ended: Ended
) -> None:
    await ended("a", "2026-11-10T10:00:00+00:00", owner=None)
    assert await turn(app) == (0, 0)
    async with app.database.connection() as connection:
        await connection.execute("truncate horarium.journal_state")
    settings = Settings(database_url=journal_url, home=folder.parent, journal="all")
    other = Horarium(settings)
    async with other.running():
        assert await turn(other) == (1, 1)
    day, entry = read(folder / "2026-11-10" / "~nobody" / "index.jsonl")
    assert (day["owner"], entry["id"]) == (None, "a")
    # Where it is told no more, they are left out from then on.
    later = datetime(2026, 11, 12, 1, tzinfo=UTC)
    assert await by_hand(app, DAY, now=later) == []
    assert await turn(app, later) == (0, 0)
    assert not (folder / "2026-11-11").exists()


@pytest.fixture
async def sealing(journal_url: str, app: Horarium, tmp_path: Path) -> AsyncIterator[list[Horarium]]:
    keys = Keys([Fernet.generate_key().decode()])
    common = {"database_url": journal_url, "home": tmp_path, "encryption_keys": keys}
    applications = [
        Horarium(Settings(**common)), Horarium(Settings(**common, journal_secrets="open")),
    ]  # fmt: skip
    yield applications
    for each in applications:
        await each.close()


async def test_what_was_encrypted_stays_masked_unless_it_is_told(
    sealing: list[Horarium], folder: Path, ended: Ended
) -> None:
    seal = sealing[0].broker.seal
    payload = seal.job(NewJob(task="t", arguments=b'{"args":["pin 1234"],"kwargs":{}}')).payload
    result = msgspec.json.decode(seal.result(b'"pin 5678"'))
    await ended("a", "2026-11-10T10:00:00+00:00", payload=payload, result=result)
    await turn(sealing[0])
    assert b"pin" not in b"".join(files(folder).values())
    job = read(folder / "2026-11-10" / "ada" / FILE)[0]
    assert (job["arguments"]["args"], job["result"]) == (["(encrypted)"], "(encrypted)")
    await by_hand(sealing[1], redo=True)
    job = read(folder / "2026-11-10" / "ada" / FILE)[0]
    assert (job["arguments"]["args"], job["result"]) == (["pin 1234"], "pin 5678")


async def test_a_full_disk_leaves_nothing_half_written(
    app: Horarium, folder: Path, ended: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        await ended(f"{number:02}", "2026-11-10T10:00:00+00:00")
    await ended("z", "2026-11-10T10:00:00+00:00", "bob")
    synced, real = [0], os.fsync

    def full(descriptor: int) -> None:
        synced[0] += 1
        path = str(Path(f"/proc/self/fd/{descriptor}").readlink())
        if "/ada/.tmp-" in path and synced[0] > 8:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        real(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(
            JournalNotWritten, match=r"ada for 2026-11-10 .*No space left on device"
        ):
            await turn(app)
    assert [name for name in files(folder) if "/ada/" in name] == []
    assert len([name for name in files(folder) if "/bob/" in name]) == 2  # others go on
    assert await turn(app) == (1, 20)
    assert len(files(folder)) == 23


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_folder_that_may_not_be_written(app: Horarium, folder: Path, ended: Ended) -> None:
    await ended("a", "2026-11-10T10:00:00+00:00")
    folder.mkdir(mode=0o500)
    with pytest.raises(JournalNotWritten, match="Permission denied"):
        await turn(app)


async def test_a_file_where_the_folder_should_be(app: Horarium, folder: Path, ended: Ended) -> None:
    await ended("a", "2026-11-10T10:00:00+00:00")
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("in the way")
    with pytest.raises(JournalNotWritten, match="the journal of ada for 2026-11-10"):
        await turn(app)
    folder.unlink()
    assert await turn(app) == (1, 1)


async def test_a_folder_whose_mark_may_not_be_read(
    app: Horarium, folder: Path, ended: Ended
) -> None:
    await ended("a", "2026-11-10T10:00:00+00:00")
    assert await turn(app) == (1, 1)
    async with app.database.connection() as connection:
        assert await elsewhere(connection, folder) is None
        (folder / MARK).unlink()
        (folder / MARK).mkdir()  # root may read all else
        said = await elsewhere(connection, folder)
    assert said is not None
    assert f"{folder} cannot be read: Is a directory" in said


async def test_what_a_killed_writer_left_is_cleared_away(
    app: Horarium, folder: Path, ended: Ended
) -> None:
    await ended("a", "2026-11-10T10:00:00+00:00")
    place = folder / "2026-11-10" / "ada"
    place.mkdir(parents=True)
    (place / ".tmp-0123456789abcdef").write_bytes(b"half")
    (place / "index.jsonl").write_bytes(b"not ours\n")
    await turn(app)
    assert sorted(path.name for path in place.iterdir()) == [FILE, "index.jsonl"]
    assert read(place / "index.jsonl")[0]["jobs"] == 1


async def test_old_days_are_removed_and_nothing_else(
    app: Horarium, folder: Path, ended: Ended
) -> None:
    await ended("a", "2025-01-10T10:00:00+00:00")
    await by_hand(app, date(2025, 1, 10))
    (folder / "2025-01-11.txt").write_text("mine")
    (folder / "notes").mkdir()
    assert (folder / "2025-01-10").is_dir()
    await turn(app, datetime(2026, 11, 10, tzinfo=UTC))
    assert not (folder / "2025-01-10").exists()
    assert (folder / "2025-01-11.txt").exists()
    assert (folder / "notes").is_dir()
    async with app.database.connection() as connection:
        assert await connection.fetchval("select min(day) from horarium.journal_days") is None


async def test_what_cannot_be_written_by_hand(app: Horarium, ended: Ended) -> None:
    await ended("a", "2026-11-10T10:00:00+00:00")
    with pytest.raises(NotFound, match="no account 'eve'"):
        await by_hand(app, DAY, "eve")
    with pytest.raises(InvalidInput, match="too far away"):
        await by_hand(app, date.max)
    with pytest.raises(InvalidInput, match="has not begun in Europe/London"):
        await by_hand(app, date(2026, 11, 12), "ada", now=AFTER)
    with pytest.raises(InvalidInput, match="has not begun in Europe/London"):
        await by_hand(app, date(2026, 11, 12), now=AFTER)  # of anybody
    with pytest.raises(NotFound, match="HORARIUM_JOURNAL=all"):
        await by_hand(app, DAY, "")


async def test_by_hand_whoever_was_away_has_their_day(
    app: Horarium, folder: Path, ended: Ended
) -> None:
    await turn(app)
    await ended("a", "2026-01-10T10:00:00+00:00")
    await by_hand(app, date(2026, 1, 10), now=AFTER)
    assert header(folder, "2026-01-10")["jobs"] == 1
    assert await turn(app) == (0, 0)  # and no days of nothing since


async def test_an_owners_day_is_found_by_its_index(app: Horarium, ended: Ended) -> None:
    await ended("a", "2026-11-10T10:00:00+00:00")
    async with app.database.connection() as connection:
        await connection.execute(
            """
            insert into horarium.job_history (
                id, task, queue, priority, state, due_at, enqueued_at, attempt, finished_at, owner,
                arguments
            ) select n::text, 't', 'q', 0, 'succeeded', t, t, 1, t,
                case when n % 200 = 0 then 'o' || n end, '{}'
            from (select n, timestamptz '2026-11-10' + n * interval '1 s' as t
                from generate_series(1, 20000) n) x
            """
        )
        await connection.execute("analyze horarium.job_history")
        text = statement("horarium.journal", "jobs_of_owner")
        span = (datetime(2026, 11, 10, tzinfo=UTC), AFTER)
        rows = await connection.fetch(f"explain {text}", "o400", *span)
    plan = "\n".join(row[0] for row in rows)
    assert "owner_finished_at_idx" in plan
    assert "Seq Scan on job_history" not in plan
