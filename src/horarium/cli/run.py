"""From arguments to an exit status: the commands put together, and every error as a sentence."""

import os
import signal
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any

from cyclopts import App, CycloptsError
from rich.console import Console

from horarium import __version__
from horarium.cli.usage import advice, sentence
from horarium.errors import HorariumError, InvalidInput

DONE, FOUND_WRONG, USAGE = 0, 1, 2

HELP = """Background jobs and nightly reports, each due time accounted for.

Settings come from the environment or from horarium.toml; `horarium check` shows them. Exit status:
0 done, 1 something was found wrong or could not be done, 2 the command line is wrong."""


COMMANDS = {
    "up": "processes", "demo": "processes", "web": "processes", "scheduler": "processes",
    "messages": "messages",
    "migrate": "setup", "check": "setup",
    "import": "imports",
    "prove": "proofs",
}  # fmt: skip
"""The module of each command that stands alone."""

GROUPS = {
    "report": ("reports", "deliveries", "exports", "report_history"),
    "schedule": ("schedules", "editions", "firings", "foresight", "backfills"),
    "backfill": ("backfills",),
    "job": ("jobs",),
    "batch": ("batches",),
    "queue": ("queues",),
    "worker": ("workers",),
    "user": ("users",),
    "journal": ("journal",),
}
"""The module of each group of commands, and those that add commands to it."""


def command_line(asked: str | None = None) -> App:
    """All commands, or that alone which is asked for: a worker does not wait for the others."""
    app = App(
        name="horarium",
        help=HELP,
        version=__version__,
        result_action="return_value",
        default_parameter=None,
    )
    known = asked in COMMANDS or asked in GROUPS
    for module in dict.fromkeys(m for name, m in COMMANDS.items() if not known or name == asked):
        _module(module).add(app)
    for name, modules in GROUPS.items():
        if not known or name == asked:
            app.command(_group(modules))
    return app


def _group(modules: Iterable[str]) -> App:
    group, *_ = [_module(each) for each in modules]
    app: App = group.app
    return app


def _module(name: str) -> Any:
    return import_module(f"horarium.cli.{name}")


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns its exit status."""
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        status = command_line(next(iter(arguments), None))(
            list(arguments), exit_on_error=False, print_error=False, error_console=errors
        )
    except CycloptsError as error:
        errors.print(f"horarium: {sentence(error)}", markup=False, style="red")
        errors.print(advice(error), markup=False)
        return USAGE
    except InvalidInput as error:
        errors.print(f"horarium: {error}", markup=False, style="red")
        return USAGE
    except HorariumError as error:
        errors.print(f"horarium: {error}", markup=False, style="red")
        return FOUND_WRONG
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # The reader of a pipe has gone; nothing more can be told to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except SystemExit as error:
        # So does Rich end a program whose reader has gone.
        if not isinstance(error.__context__, BrokenPipeError):
            raise
        return DONE
    except Exception as error:
        if not _is_of_the_server(error):
            raise
        errors.print(f"horarium: PostgreSQL: {error}", markup=False, style="red")
        return FOUND_WRONG
    return status if isinstance(status, int) else DONE


def _is_of_the_server(error: Exception) -> bool:
    """Whether it says what is wrong with the server, such as a full disk, and not with us."""
    from asyncpg import InsufficientResourcesError, OperatorInterventionError, PostgresSystemError

    return isinstance(
        error, InsufficientResourcesError | OperatorInterventionError | PostgresSystemError
    )
