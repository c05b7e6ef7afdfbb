"""Money: exact decimals with a currency, and how they are written."""

import re
from collections.abc import Iterable
from decimal import Context, Decimal, localcontext

from horarium.errors import InvalidInput

DECIMALS = 6
DIGITS = 12
"""A price has at most this many decimals, and this many digits before them."""

_NO_DECIMALS = {
    *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"),
    *("PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
}
_THREE_DECIMALS = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}
_CODE = re.compile("[A-Z]{3}")
_EXACT = Context(prec=100)


def text(amount: Decimal, currency: str) -> str:
    """The amount with its currency's usual decimals, and with more where it has more.

    >>> text(Decimal("12"), "GBP"), text(Decimal("28642.2710"), "GBP"), text(Decimal("5"), "JPY")
    ('12.00', '28642.271', '5')
    """
    whole, _, decimals = format(amount, "f").partition(".")
    usual = 0 if currency in _NO_DECIMALS else 3 if currency in _THREE_DECIMALS else 2
    decimals = decimals.rstrip("0").ljust(usual, "0")
    written = f"{whole}.{decimals}" if decimals else whole
    return written.removeprefix("-") if amount == 0 else written


def total(parts: Iterable[tuple[int, Decimal]]) -> Decimal:
    """The exact sum of quantity times price."""
    with localcontext(_EXACT):
        return sum((quantity * price for quantity, price in parts), Decimal(0))


def currency_code(field: str, code: str) -> str:
    """The currency's code, if it may be one.

    Raises:
        InvalidInput: it is not three letters.
    """
    if _CODE.fullmatch(code):
        return code
    raise InvalidInput(field, f"{code[:20]!r} is no currency; it takes an ISO 4217 code, as EUR")


def checked_price(field: str, price: Decimal) -> Decimal:
    """The price, if a product can have it.

    Raises:
        InvalidInput: it is no number, negative, or has too many digits.
    """
    if not price.is_finite():
        raise InvalidInput(field, f"{price} is no price; it takes a decimal such as 2.55")
    if price < 0:
        raise InvalidInput(field, f"{price} is below 0; a price is at least 0")
    exponent = price.as_tuple().exponent
    if price.adjusted() >= DIGITS or (isinstance(exponent, int) and -exponent > DECIMALS):
        reason = f"a price has at most {DIGITS} digits before the point and {DECIMALS} after it"
        raise InvalidInput(field, reason)
    return price
