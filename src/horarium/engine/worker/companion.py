"""What goes on beside a worker's runs and may never harm them: its log, its hooks, its relay."""

from horarium.listener import Listener


class Companion:
    """Runs as long as its worker does; what it does not need, it leaves as it is here."""

    def attach(self, listener: Listener) -> None:
        """Subscribe to what PostgreSQL tells; called before the worker begins."""

    async def run(self) -> None:
        """Go on until cancelled. An error that leaves it ends the worker."""

    async def drain(self) -> None:
        """Do what is left; called when the worker's last outcome has been written."""
