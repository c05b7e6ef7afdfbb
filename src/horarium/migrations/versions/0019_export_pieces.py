"""Files of exports, in the database."""

from horarium.migrations.script import run_beside

revision = "0019_export_pieces"
down_revision = "0018_freight"


def upgrade() -> None:
    run_beside(__file__)
