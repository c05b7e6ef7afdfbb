"""Exports that are made in the background, and deliveries of final revisions."""

from horarium.migrations.script import run_beside

revision = "0016_deliveries"
down_revision = "0015_freshness"


def upgrade() -> None:
    run_beside(__file__)
