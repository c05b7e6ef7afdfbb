"""Databases that many tests use, one after another, each of which finds one as if it were new.

After a test the database is washed: nobody stays connected, the rows go, the sequences begin again.
That takes a fraction of what making and dropping one takes. Only a database whose catalogs, and
rows of the migrations' own, are as they were when it was made is used again: where a test has
altered a table, made a function or gathered statistics, the database is dropped.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

from databases import Databases

# Bytes from which the dead rows of a table would be felt by whoever reads it whole.
LARGE = 256 * 1024

LEAVE = """
do $$
begin
    perform pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()
        and backend_type = 'client backend';
    while exists (
        select from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()
            and backend_type = 'client backend'
    ) loop
        perform pg_sleep(0.001), pg_stat_clear_snapshot();
    end loop;
end $$
"""

# What refers to others comes before them: it is emptied first.
TABLES = """
with recursive depth (place, steps) as (
    select oid::regclass, 0 from pg_class
    where relkind = 'r' and oid >= 16384
        and relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
    union
    select confrelid::regclass, steps + 1
    from depth join pg_constraint on contype = 'f' and conrelid = place and confrelid <> place
)
select place::text from depth group by place order by max(steps), place::oid
"""

# A change makes newer row versions or fewer: transactions' numbers only grow. Statistics are
# counted by their view, which the owner of a database may read.
CATALOGS = """
select count(*), max(made::text::bigint), (select count(*) from pg_stats) from (
    select xmin as made from pg_class where oid >= 16384
    union all select xmin from pg_attribute where attrelid >= 16384
    union all select xmin from pg_attrdef
    union all select xmin from pg_constraint where oid >= 16384
    union all select xmin from pg_index where indexrelid >= 16384
    union all select xmin from pg_namespace where oid >= 16384 and nspname !~ '^pg_'
    union all select xmin from pg_proc where oid >= 16384
    union all select xmin from pg_rewrite where oid >= 16384
    union all select xmin from pg_trigger where oid >= 16384
    union all select xmin from pg_type where oid >= 16384
    union all select xmin from pg_db_role_setting
        where setdatabase = (select oid from pg_database where datname = current_database())
    {seeded}
) as rows
"""

# Tables and functions of a test's own, which stand apart from ours.
OWN = """
do $$
declare
    place text;
begin
    for place in select oid::regclass from pg_class
        where relnamespace = 'public'::regnamespace and relkind = 'r'
    loop execute 'drop table ' || place || ' cascade'; end loop;
    for place in select oid::regprocedure from pg_proc
        where pronamespace = 'public'::regnamespace
    loop execute 'drop function ' || place || ' cascade'; end loop;
end $$
"""

AGAIN = "select count(setval(seqrelid::regclass, seqstart, false)) from pg_sequence"


class Washed:
    """Lends the databases of one test process."""

    def __init__(self, databases: Databases, template: str) -> None:
        self._databases = databases
        self._template = template
        self._clean: list[_Basin] = []
        self._lent: dict[str, _Basin] = {}

    def lend(self) -> str:
        """The name of a migrated database without rows or sessions."""
        basin = self._clean.pop() if self._clean else self._new()
        self._lent[basin.name] = basin
        return basin.name

    def take_back(self, name: str) -> None:
        """Wash a database for the next test, or drop it where that cannot be."""
        basin = self._lent.pop(name)
        if self._databases.run(basin.wash()):
            self._clean.append(basin)
        else:
            self._drop(basin)

    def close(self) -> None:
        """Drop them all."""
        for basin in (*self._clean, *self._lent.values()):
            self._drop(basin)

    def _new(self) -> "_Basin":
        name = self._databases.create(self._template)
        basin = _Basin(name)
        self._databases.run(basin.open(self._databases.address(name)))
        return basin

    def _drop(self, basin: "_Basin") -> None:
        self._databases.run(basin.close())
        self._databases.drop(basin.name)


class _Basin:
    """One database, and a connection of our own that stays while it is lent."""

    name: str
    _connection: Any
    _filled: Callable[[], Awaitable[list[Any]]]
    _catalogs: Callable[[], Awaitable[Any]]

    def __init__(self, name: str) -> None:
        self.name = name

    async def open(self, url: str) -> None:
        patience = {"statement_timeout": "20s"}
        self._connection = await asyncpg.connect(url, server_settings=patience)
        tables = [row["place"] for row in await self._connection.fetch(TABLES)]
        seeded = [
            table
            for table in tables
            if await self._connection.fetchval(f"select exists (select from {table})")
        ]
        looks = [
            f"select {n} as n, '{table}' as place, exists (select from {table}) as has_rows,"
            f" pg_relation_size('{table}') >= {LARGE} as is_large"
            for n, table in enumerate(tables)
            if table not in seeded
        ]
        filled = " union all ".join(looks)
        self._filled = (
            await self._connection.prepare(
                f"select * from ({filled}) as tables where has_rows or is_large order by n"
            )
        ).fetch
        rows = "".join(f"union all select xmin from {table}\n" for table in seeded)
        self._catalogs = (await self._connection.prepare(CATALOGS.format(seeded=rows))).fetchrow
        self._born = await self._catalogs()

    async def close(self) -> None:
        self._connection.terminate()

    async def wash(self) -> bool:
        """Whether the database is again as it was when it was made."""
        try:
            await self._connection.execute(LEAVE)
            return await self._is_unchanged() and await self._is_emptied()
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            return False  # a test may have cut our connection too, or hidden a table

    async def _is_unchanged(self) -> bool:
        if await self._catalogs() == self._born:
            return True
        await self._connection.execute(OWN)
        return bool(await self._catalogs() == self._born)

    async def _is_emptied(self) -> bool:
        # A trigger on one table may write to another.
        for _ in range(3):
            if not (filled := await self._filled()):
                await self._connection.execute(AGAIN)
                return True
            await self._empty(filled)
        return False

    async def _empty(self, tables: list[Any]) -> None:
        large = [table["place"] for table in tables if table["is_large"]]
        small = [table["place"] for table in tables if not table["is_large"]]
        for table in small:
            await self._connection.execute(f"delete from {table}")
        if large:
            await self._connection.execute(f"truncate {', '.join(large)} cascade")
            self._born = await self._catalogs()
