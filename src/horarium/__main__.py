"""`python -m horarium` is the `horarium` command."""

from horarium.cli import main

main()
