"""Reports of any definition: rows by period, what revisions changed, builds that failed."""

from horarium.migrations.script import run_beside

revision = "0014_definitions"
down_revision = "0013_amendments"


def upgrade() -> None:
    run_beside(__file__)
