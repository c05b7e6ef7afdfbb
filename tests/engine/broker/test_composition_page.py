"""The page about composition: what it shows is run."""

import inspect
import re
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT
from pathlib import Path
from typing import Any

from workplace import working

from horarium.engine import Ledger, LedgerBroker

PAGE = (Path(__file__).parents[3] / "docs" / "composition.md").read_text("utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


async def test_the_examples_of_the_page(broker: LedgerBroker, ledger: Ledger) -> None:
    assert len(EXAMPLES) == 3
    names: dict[str, Any] = {"broker": broker, "__name__": __name__}
    for example in EXAMPLES:
        code = compile(example, "docs/composition.md", "exec", PyCF_ALLOW_TOP_LEVEL_AWAIT)
        ran = eval(code, names)
        if inspect.isawaitable(ran):
            await ran
    found, total = await broker.batches.page(count=5)
    assert total == 5
    async with working(broker.worker()):
        for each in found:
            progress = await broker.batch(each.id).wait(20)
            assert progress.done == progress.total
    states = {job.state for job in await ledger.jobs(count=1000)}
    assert states == {"succeeded", "cancelled"}
