"""Into which folder the journal was written."""

from horarium.migrations.script import run_beside

revision = "0020_journal_folders"
down_revision = "0019_export_pieces"


def upgrade() -> None:
    run_beside(__file__)
