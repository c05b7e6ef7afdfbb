"""The web is killed between the commit and the answer; the client asks once more.

What a client names itself (``id``) is made once: the repetition is refused with 409, which says
that it is there. Running a job again, pausing and building are the same the second time.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from horarium.database import Connection, Database
from horarium.engine import Ledger, NewJob

FAILED_JOB = """
insert into horarium.job_history
    (id, task, queue, priority, state, due_at, enqueued_at, attempt, finished_at, arguments)
values ('f', 't', 'q', 0, 'failed', now(), now(), 1, now(), '{"args": [], "kwargs": {}}')
"""


@contextmanager
def serving(url: str) -> Iterator[httpx.Client]:
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("web_that_dies.py"))],
        env={**os.environ, "DATABASE_URL": url},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        port = int(process.stdout.readline())
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            yield client
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def die(client: httpx.Client, path: str, body: Any = None) -> None:
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        client.post(path, json=body, headers={"x-die": "now"})


async def value(url: str, query: str) -> Any:
    connection = await Database(url).connect("account")
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def prepare(url: str) -> None:
    database = Database(url)
    connection: Connection
    async with database.connection() as connection:
        await connection.execute(
            "insert into shop.products (id, name, price, currency, stock) "
            "values ('tea', 'Tea', 2, 'EUR', 10)"
        )
        await connection.execute(FAILED_JOB)
    await Ledger(database).enqueue(NewJob(id="q", task="t", queue="q"))
    await database.close()


POSTS: dict[str, tuple[str, Any, int, str, Any]] = {
    "an order": (
        "/orders",
        {"id": "o", "items": [{"product_id": "tea", "quantity": 3}]},
        201,
        "select (select stock from shop.products) || ' ' || (select count(*) from shop.orders)",
        "7 1",
    ),
    "a job that is run again": (
        "/jobs/f/retries",
        None,
        409,
        "select count(*) from horarium.jobs where id = 'f'",
        1,
    ),
    "many jobs that are run again": (
        "/jobs/retries",
        {"state": "failed"},
        202,
        "select count(*) from horarium.jobs where id = 'f'",
        1,
    ),
    "a pause": (
        "/queues/q/pause",
        {"note": "n"},
        200,
        "select count(*) from horarium.queues",
        1,
    ),
}


async def test_what_is_asked_once_more_is_done_once(database_url: str) -> None:
    await prepare(database_url)
    with serving(database_url) as client:
        for path, body, status, query, wanted in POSTS.values():
            await undo_retries(database_url)
            die(client, path, body)
            assert await value(database_url, query) == wanted, path
            again = client.post(path, json=body)
            assert again.status_code == status, again.text
            assert await value(database_url, query) == wanted, path
        assert client.get("/orders/o").json()["items"][0]["quantity"] == 3


async def undo_retries(url: str) -> None:
    connection = await Database(url).connect("account")
    await connection.execute("delete from horarium.jobs where id = 'f'")
    await connection.execute("delete from horarium.job_history where id = 'f'")
    await connection.execute(FAILED_JOB)
    await connection.close()
