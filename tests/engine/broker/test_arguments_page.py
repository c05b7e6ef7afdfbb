"""The page about arguments: what it shows is run, one example after the other."""

import inspect
import re
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT
from asyncio import to_thread
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel
from taskiq import SimpleRetryMiddleware
from workplace import AtWork, ended

from horarium.engine import LedgerBroker
from horarium.errors import InvalidInput

PAGE = (Path(__file__).parents[3] / "docs" / "arguments.md").read_text("utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


async def test_the_examples_of_the_page(broker: LedgerBroker, at_work: AtWork) -> None:
    names: dict[str, Any] = {
        "broker": broker, "app": broker, "dataclass": dataclass, "BaseModel": BaseModel,
        "UUID": UUID, "Decimal": Decimal, "date": date, "datetime": datetime,
        "InvalidInput": InvalidInput, "raises": pytest.raises, "to_thread": to_thread,
        "__name__": __name__,
    }  # fmt: skip
    async with at_work():
        for example in EXAMPLES:
            code = compile(example, "docs/arguments.md", "exec", PyCF_ALLOW_TOP_LEVEL_AWAIT)
            ran = eval(code, names)
            if inspect.isawaitable(ran):
                await ran


@pytest.mark.parametrize(("middlewares", "runs"), [([], 6), ([SimpleRetryMiddleware()], 5)])
async def test_how_often_a_task_is_tried(
    broker: LedgerBroker, at_work: AtWork, middlewares: list[Any], runs: int
) -> None:
    broker.add_middlewares(*middlewares)

    @broker.task(retry_on_error=True, max_retries=5, retry_delay=0)
    async def fail() -> None:
        raise ConnectionError("no")

    async with at_work():
        job = await ended(broker.ledger, (await fail.kiq()).task_id)
    assert job.attempt == runs
