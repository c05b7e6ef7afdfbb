"""The page about limits: what it shows is run."""

import asyncio
import inspect
import re
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT
from pathlib import Path
from typing import Any

import pytest

from horarium.engine import LedgerBroker

PAGE = (Path(__file__).parents[3] / "docs" / "limits.md").read_text("utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
async def test_an_example_of_the_page(broker: LedgerBroker, number: int) -> None:
    names: dict[str, Any] = {"broker": broker, "asyncio": asyncio, "__name__": __name__}
    code = compile(EXAMPLES[number], "docs/limits.md", "exec", PyCF_ALLOW_TOP_LEVEL_AWAIT)
    ran = eval(code, names)
    if inspect.isawaitable(ran):
        await ran
