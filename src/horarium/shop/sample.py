"""One month of real orders inside the package, for a first look and for tests.

``samples/README.md`` says where they are from; the licence asks that it stays with them.
"""

from importlib.resources import files
from pathlib import Path

MAPPING = "uci"
ZONE = "Europe/London"
CURRENCY = "GBP"


def path() -> Path:
    """The file: every line of December 2010, for `import_orders`."""
    return Path(str(files("horarium.shop") / "samples" / "online_retail_2010_12.csv.xz"))
