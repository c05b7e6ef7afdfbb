"""Periods that are to be built again, and the promise of when reports are ready."""

from horarium.migrations.script import run_beside

revision = "0015_freshness"
down_revision = "0014_definitions"


def upgrade() -> None:
    run_beside(__file__)
