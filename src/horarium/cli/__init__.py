"""The `horarium` command.

Exit statuses: 0 done; 1 something was found wrong or could not be done; 2 wrong usage.
Only what a command uses is imported, so that the command line answers at once.
"""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    from horarium.cli.run import run

    sys.exit(run(sys.argv[1:] if arguments is None else arguments))
