"""Composition: jobs that wait for others, and batches."""

from horarium.migrations.script import run_beside

revision = "0005_composition"
down_revision = "0004_reports"


def upgrade() -> None:
    run_beside(__file__)
