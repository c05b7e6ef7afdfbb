"""Shop."""

from horarium.migrations.script import run_beside

revision = "0003_shop"
down_revision = "0002_timetable"


def upgrade() -> None:
    run_beside(__file__)
