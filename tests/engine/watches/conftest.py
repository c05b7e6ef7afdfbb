"""What the tests of watching stand on."""

from collections.abc import Callable

import pytest


@pytest.fixture
def database_url(emptied: Callable[[], str]) -> str:
    """A migrated database with nothing in it."""
    return emptied()
