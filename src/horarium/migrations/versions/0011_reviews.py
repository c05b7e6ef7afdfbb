"""Reviews, and what was made of their texts."""

from horarium.migrations.script import run_beside

revision = "0011_reviews"
down_revision = "0007_operations"


def upgrade() -> None:
    run_beside(__file__)
