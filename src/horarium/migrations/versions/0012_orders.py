"""Orders that are changed, and acts that arrive as messages."""

from horarium.migrations.script import run_beside

revision = "0012_orders"
down_revision = "0011_reviews"


def upgrade() -> None:
    run_beside(__file__)
