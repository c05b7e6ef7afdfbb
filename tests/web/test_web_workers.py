"""Workers over HTTP."""

import httpx
from problem_documents import refused

from horarium.application import Horarium

REGISTER = """
insert into horarium.workers (name, host, pid, queues, slots, started_at, lease_until)
values ('host:1', 'host', 1, '{mail}', 5, now(), now() + interval '1 hour')
"""


async def test_workers_are_listed(app: Horarium, client: httpx.AsyncClient) -> None:
    assert (await client.get("/workers")).json()["items"] == []
    async with app.database.connection() as connection:
        await connection.execute(REGISTER)
    page = (await client.get("/workers")).json()
    (worker,) = page["items"]
    assert (worker["name"], worker["queues"], worker["slots"]) == ("host:1", ["mail"], 5)
    assert (worker["state"], worker["running"], page["total"]) == ("live", 0, 1)
    assert (await client.get("/workers?page=2")).json()["items"] == []
    refused(await client.get("/workers?state=live"), 400, field="state")
