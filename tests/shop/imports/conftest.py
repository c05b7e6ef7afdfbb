"""Files of order lines."""

from pathlib import Path

import pytest
from order_lines import HEADER, Write


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_lines(*lines: str, name: str = "orders.csv", header: str = HEADER) -> Path:
        path = tmp_path / name
        path.write_bytes((header + "".join(f"{line}\n" for line in lines)).encode())
        return path

    return write_lines
