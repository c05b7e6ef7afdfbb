"""Freight of orders."""

from horarium.migrations.script import run_beside

revision = "0018_freight"
down_revision = "0017_accounts"


def upgrade() -> None:
    run_beside(__file__)
