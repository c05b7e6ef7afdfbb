"""How a revision runs the SQL file that stands beside it."""

from pathlib import Path
from typing import Any

from alembic import op


def run_beside(revision_file: str) -> None:
    """Run the ``.sql`` file with the same name as the revision, in the migration's transaction.

    SQLAlchemy sends asyncpg prepared statements, which hold one command each; a whole file goes
    through the driver's own ``execute``.
    """
    text = Path(revision_file).with_suffix(".sql").read_text("utf-8")

    async def execute(connection: Any) -> None:
        await connection.execute(text)

    op.get_bind().connection.dbapi_connection.run_async(execute)  # type: ignore[union-attr]
