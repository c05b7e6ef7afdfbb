"""What has to outlast a power cut is brought to the disk."""

import os
from pathlib import Path
from typing import BinaryIO


def to_disk(file: BinaryIO) -> None:
    """Bring to the disk what was written to a file."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk: after a file was made there, or renamed."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
