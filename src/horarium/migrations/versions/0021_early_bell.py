"""An enqueue whose job is seen before it is on the disk."""

from horarium.migrations.script import run_beside

revision = "0021_early_bell"
down_revision = "0020_journal_folders"


def upgrade() -> None:
    run_beside(__file__)
