"""Migrations: repeatable, all or nothing, and safe to start many times at once."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from horarium import migrations
from horarium.application import Horarium
from horarium.errors import Unavailable
from horarium.settings import Settings


async def revision(url: str) -> str | None:
    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetchval("select to_regclass('horarium.alembic_version')::text")
        if found is None:
            return None
        return await connection.fetchval("select version_num from horarium.alembic_version")
    finally:
        await connection.close()


async def test_an_empty_database_is_brought_to_the_newest_revision_once(
    empty_database_url: str,
) -> None:
    await migrations.upgrade_async(empty_database_url)
    assert await revision(empty_database_url) == migrations.newest()
    await migrations.upgrade_async(empty_database_url)
    assert await revision(empty_database_url) == migrations.newest()


async def test_a_database_of_a_newer_version_is_left_alone_and_named(
    empty_database_url: str,
) -> None:
    await migrations.upgrade_async(empty_database_url)
    connection = await asyncpg.connect(empty_database_url)
    await connection.execute("update horarium.alembic_version set version_num = '9999_tomorrow'")
    await connection.close()
    with pytest.raises(Unavailable, match="of a newer version of Horarium; install that"):
        await migrations.upgrade_async(empty_database_url)
    assert await revision(empty_database_url) == "9999_tomorrow"
    app = Horarium(Settings(database_url=empty_database_url))
    with pytest.raises(Unavailable, match="of a newer version of Horarium; install that"):
        await app.require_ready()
    await app.close()


async def test_four_at_once_take_turns(empty_database_url: str) -> None:
    await asyncio.gather(*(migrations.upgrade_async(empty_database_url) for _ in range(4)))
    assert await revision(empty_database_url) == migrations.newest()


async def test_a_revision_that_fails_leaves_the_database_as_it_was(
    empty_database_url: str,
) -> None:
    connection = await asyncpg.connect(empty_database_url)
    # The last revisions stumble over a table that is there already.
    await connection.execute("create schema shop; create table shop.reports (id int)")
    await connection.close()
    with pytest.raises(Exception, match="shop"):
        await migrations.upgrade_async(empty_database_url)
    assert await revision(empty_database_url) is None


def test_the_newest_revision_is_alembics_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_current_head() == migrations.newest()


def test_each_revision_has_its_sql() -> None:
    folder = Path(migrations.__file__).parent / "versions"
    scripts = sorted(folder.glob("*.py"))
    assert len(scripts) >= 4
    assert [s.name for s in scripts if not s.with_suffix(".sql").is_file()] == []
