"""Operations of the timetable."""

from horarium.migrations.script import run_beside

revision = "0007_operations"
down_revision = "0006_progress"


def upgrade() -> None:
    run_beside(__file__)
