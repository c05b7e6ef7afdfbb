"""Alembic's entry: one connection, one transaction, one process at a time."""

import asyncio
from functools import partial

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from horarium.database import Database

_LOCK = 0x686F7261  # "hora": the advisory lock that lets processes migrate one after the other


def _migrate(connection: Connection) -> None:
    connection.execute(text("create schema if not exists horarium"))
    context.configure(connection=connection, version_table_schema="horarium")
    context.run_migrations()


async def _run(url: str) -> None:
    # SQLAlchemy reads addresses in its own way; all parts have to find the same server.
    connect = partial(Database(url).connect, "horarium migrate")
    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.execute(text("select pg_advisory_lock(:lock)"), {"lock": _LOCK})
        await connection.commit()
        async with connection.begin():
            await connection.run_sync(_migrate)
    await engine.dispose()


asyncio.run(_run(context.config.attributes["url"]))
