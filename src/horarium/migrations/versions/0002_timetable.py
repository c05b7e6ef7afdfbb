"""Timetable."""

from horarium.migrations.script import run_beside

revision = "0002_timetable"
down_revision = "0001_ledger"


def upgrade() -> None:
    run_beside(__file__)
