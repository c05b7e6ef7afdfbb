"""Progress."""

from horarium.migrations.script import run_beside

revision = "0006_progress"
down_revision = "0005_composition"


def upgrade() -> None:
    run_beside(__file__)
