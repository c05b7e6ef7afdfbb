"""The pages about progress and events: what they show is run."""

import inspect
import re
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT
from pathlib import Path
from typing import Any

import pytest

from horarium.engine import LedgerBroker

DOCS = Path(__file__).parents[3] / "docs"
EXAMPLES = [
    pytest.param(code, id=f"{page} {number}")
    for page in ("progress.md", "events.md")
    for number, code in enumerate(
        re.findall(r"```python\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)
    )
]


@pytest.mark.parametrize("code", EXAMPLES)
async def test_an_example_of_a_page(broker: LedgerBroker, code: str) -> None:
    names: dict[str, Any] = {"broker": broker, "__name__": __name__}
    ran = eval(compile(code, "page", "exec", PyCF_ALLOW_TOP_LEVEL_AWAIT), names)
    if inspect.isawaitable(ran):
        await ran
