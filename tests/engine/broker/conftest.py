"""What the tests of the TaskIQ skin stand on."""

import pytest
from workplace import AtWork, receiving, working

from horarium.engine import LedgerBroker


@pytest.fixture(params=["horarium", "taskiq"])
def at_work(request: pytest.FixtureRequest, broker: LedgerBroker) -> AtWork:
    """Runs the broker's tasks for the time of a block: by Horarium's worker, by TaskIQ's."""
    if request.param == "taskiq":
        return lambda: receiving(broker)
    return lambda: working(broker.worker())
