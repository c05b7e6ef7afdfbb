"""Order lines of files in the format uci, for tests."""

from collections.abc import Callable
from pathlib import Path

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
Write = Callable[..., Path]
"""Writes lines into a file with a header, and gives its path."""


def line(
    order: str = "1",
    product: str = "A",
    quantity: str = "1",
    price: str = "2.50",
    at: str = "2011-01-04T10:00:00",
    user: str = "",
    country: str = "",
    description: str = "",
) -> str:
    return ",".join((order, product, description, quantity, at, price, user, country))
