"""Reports."""

from horarium.migrations.script import run_beside

revision = "0004_reports"
down_revision = "0003_shop"


def upgrade() -> None:
    run_beside(__file__)
