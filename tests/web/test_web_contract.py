"""The API keeps what its OpenAPI document says, whatever it is sent: Schemathesis asks.

Requests are made from the document, good ones and bad ones, with ids and days that are there among
those that are not. No answer is 500, and each has a status, a media type and a body that the
document has. A short run is part of the suite; `python3 run.py soak contract` is a long one.
"""

import asyncio
import copy
import os
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import Unsatisfiable

from databases import Databases
from horarium import shop
from horarium.application import Horarium
from horarium.engine import Cron, Schedule, Timetable
from horarium.settings import Settings

schemathesis = pytest.importorskip("schemathesis")
conformance = pytest.importorskip("schemathesis.specs.openapi.checks")

EXAMPLES = int(os.environ.get("HORARIUM_EXAMPLES", "2"))
"""Requests of each kind, good and bad, for each operation."""
LONG = EXAMPLES > 10
METHODS = {"get", "post", "patch", "put", "delete"} if LONG else {"get", "post"}
SEED = int(os.environ.get("HORARIUM_SEEDS", "0"))
ENDLESS = {"/events", "/jobs/{job_id}/events"}
"""Streams: they end with the one who reads."""
KNOWN: dict[str, list[str]] = {
    "user_id": ["ada"],
    "product_id": ["mug", "wrap"],
    "order_id": ["1001", "1002"],
    "schedule_id": ["nightly"],
}
"""Ids of what is there, for the parameters of paths."""
DAYS = ["2026-03-28", "2026-03-29", "2026-03-30"]
PROGRAM = """
import sys
from horarium.application import Horarium
from horarium.settings import Settings
from horarium.web import serve
app = Horarium(Settings(database_url=sys.argv[1], zone="Europe/London", currency="GBP"))
sys.exit(serve(app, "127.0.0.1", int(sys.argv[2])))
"""


@pytest.fixture(scope="module")
def served(
    databases: Databases, template: str, fill: Callable[[Horarium], Awaitable[None]]
) -> Iterator[str]:
    """The address of a site in a process of its own, with a shop, a report and a schedule."""
    name = databases.create(template)
    url = databases.address(name)
    asyncio.run(_prepare(url, fill))
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, url, str(port)])
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(30)
        databases.drop(name)


@pytest.mark.timeout(0 if LONG else 120)
def test_every_answer_is_as_the_document_says(served: str) -> None:
    document = httpx.get(f"{served}/schema").json()
    schema = schemathesis.openapi.from_dict(_with_what_is_there(document))
    told: list[str] = []
    asked = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path in ENDLESS or operation.method not in METHODS:
            continue
        asked += 1
        for mode in _modes(operation):
            problem = _ask(operation, mode, served)
            if problem:
                told.append(
                    f"{operation.method.upper()} {operation.path} ({mode.value}): {problem}"
                )
    assert asked > 50
    assert not told, "\n\n".join(told)


def _modes(operation: Any) -> list[Any]:
    """Good requests, and bad ones where it takes something that can be bad."""
    modes = schemathesis.GenerationMode
    takes = len(operation.query) + len(operation.body)
    return [modes.POSITIVE, modes.NEGATIVE] if takes else [modes.POSITIVE]


def _ask(operation: Any, mode: Any, address: str) -> str | None:
    """Send an operation some requests; what was wrong with the first that was answered wrongly."""
    try:
        strategy = operation.as_strategy(generation_mode=mode)
    except Exception as error:  # noqa: BLE001 - told with the others
        return repr(error)

    @seeded(SEED)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def send(case: Any) -> None:
        answer = case.call(base_url=address, timeout=60)
        case.validate_response(answer, checks=CHECKS)

    try:
        send()
    except Unsatisfiable:
        return None  # nothing that it takes can be bad
    except Exception as error:  # noqa: BLE001 - told with the others
        return _wording(error)
    return None


def never_500(_ctx: Any, response: Any, _case: Any) -> None:
    assert response.status_code != 500, "500: the server has failed"


CHECKS = [
    never_500,
    conformance.status_code_conformance,
    conformance.content_type_conformance,
    conformance.response_schema_conformance,
]


def _wording(error: BaseException) -> str:
    inner = getattr(error, "exceptions", None)
    parts = [str(each) for each in inner] if inner else []
    notes = getattr(error, "__notes__", [])
    return "\n".join([str(error), *parts, *map(str, notes)])[:3000]


def _with_what_is_there(document: dict[str, Any]) -> dict[str, Any]:
    """The document, whose parameters also take ids and days that are there, and often."""
    document = copy.deepcopy(document)
    for path in document["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                known = KNOWN.get(parameter["name"])
                if parameter["schema"].get("format") == "date":
                    known = DAYS
                if known:
                    parameter["schema"] = {"anyOf": [{"enum": known}, parameter["schema"]]}
    return document


async def _prepare(url: str, fill: Callable[[Horarium], Awaitable[None]]) -> None:
    app = Horarium(Settings(database_url=url, zone="Europe/London", currency="GBP"))
    await fill(app)
    async with app.running():
        async with app.transaction() as connection:
            await shop.create_user(connection, shop.NewUser(name="Ada", id="ada"))
        rule = Timetable(Cron("0 3 * * *"), key="nightly")
        schedule = Schedule(id="nightly", task="horarium.reports:build", timetable=rule)
        await app.book.put(schedule, "api")


def _wait(address: str, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            httpx.get(f"{address}/health", timeout=60)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server does not answer")
