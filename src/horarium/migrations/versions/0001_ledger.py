"""Ledger."""

from horarium.migrations.script import run_beside

revision = "0001_ledger"
down_revision = None


def upgrade() -> None:
    run_beside(__file__)
