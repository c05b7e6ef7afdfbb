"""From arguments to an exit status: the commands put together, and every error as a sentence."""

import os
import signal
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError
from rich.console import Console

from horarium import __version__
from horarium.cli import (
    backfills,
    batches,
    editions,  # noqa: F401 - it adds commands to `schedule`
    firings,  # noqa: F401 - so does this
    imports,
    jobs,
    messages,
    processes,
    proofs,
    queues,
    reports,
    schedules,
    setup,
    workers,
)
from horarium.errors import HorariumError, InvalidInput

DONE, FOUND_WRONG, USAGE = 0, 1, 2

HELP = """Background jobs and nightly reports, each due time accounted for.

Settings come from the environment or from horarium.toml; `horarium check` shows them."""


def command_line() -> App:
    """All commands."""
    app = App(
        name="horarium",
        help=HELP,
        version=__version__,
        result_action="return_value",
        default_parameter=None,
    )
    processes.add(app)
    messages.add(app)
    setup.add(app)
    imports.add(app)
    proofs.add(app)
    for part in (reports, schedules, backfills, jobs, batches, queues, workers):
        app.command(part.app)
    return app


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns its exit status."""
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        status = command_line()(
            list(arguments), exit_on_error=False, print_error=False, error_console=errors
        )
    except CycloptsError as error:
        errors.print(f"horarium: {error}", markup=False, style="red")
        errors.print("Try: horarium --help", markup=False)
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
    return status if isinstance(status, int) else DONE
