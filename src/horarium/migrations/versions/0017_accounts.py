"""Accounts of the API with their tokens, and the journal of ended jobs."""

from horarium.migrations.script import run_beside

revision = "0017_accounts"
down_revision = "0016_deliveries"


def upgrade() -> None:
    run_beside(__file__)
