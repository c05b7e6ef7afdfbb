"""Texts in bodies: what the API's description says of them. The shop checks them in words."""

from decimal import Decimal
from typing import Annotated

import msgspec

Id = Annotated[
    str,
    msgspec.Meta(
        min_length=1, max_length=255, description="1 to 255 characters; without it one is made"
    ),
]
Line = Annotated[
    str, msgspec.Meta(min_length=1, max_length=500, description="One line of 1 to 500 characters")
]
Reference = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Currency = Annotated[
    str, msgspec.Meta(pattern="^[A-Z]{3}$", description="ISO 4217 code", examples=["GBP"])
]
Freight = Annotated[
    Decimal,
    msgspec.Meta(
        description="What the way costs, exact: a decimal as text, part of the total",
        examples=["4.90"],
    ),
]
