"""The page about workers: the tasks that it shows can be declared, and its commands exist."""

import re
from pathlib import Path
from typing import Any

import pytest

from horarium.cli.run import command_line
from horarium.engine import LedgerBroker

PAGE = (Path(__file__).parents[3] / "docs" / "workers.md").read_text("utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = re.findall(r"^horarium (worker .*)$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
async def test_an_example_of_the_page(broker: LedgerBroker, number: int) -> None:
    names: dict[str, Any] = {"broker": broker, "__name__": __name__}
    exec(compile(EXAMPLES[number], "docs/workers.md", "exec"), names)
    assert broker.get_all_tasks()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_is_understood(command: str) -> None:
    act, bound, _ = command_line().parse_args(command, exit_on_error=False, print_error=False)
    assert act.__name__ == "worker"
    assert bound.kwargs
