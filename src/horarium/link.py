"""A connection of its own for a loop that must not wait for a pool."""

from collections.abc import Mapping

from horarium.database import Connection, Database


class Link:
    """One connection of its own, opened at first use and again whenever it was lost."""

    def __init__(
        self, database: Database, name: str, settings: Mapping[str, str] | None = None
    ) -> None:
        self._database = database
        self._name = name
        self._settings = settings
        self._connection: Connection | None = None

    async def get(self) -> Connection:
        """The connection, alive as far as is known.

        Raises:
            Unavailable: the server does not answer or refuses.
        """
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._database.connect(self._name, self._settings)
        return self._connection

    async def close(self) -> None:
        """Close the connection; `get` opens another."""
        connection, self._connection = self._connection, None
        if connection is not None and not connection.is_closed():
            connection.terminate()
