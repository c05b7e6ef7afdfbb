"""Jobs that stop with others are told of, parked schedules are counted, reviews have versions."""

from horarium.migrations.script import run_beside

revision = "0013_amendments"
down_revision = "0012_orders"


def upgrade() -> None:
    run_beside(__file__)
