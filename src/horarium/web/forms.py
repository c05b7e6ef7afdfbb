"""What forms send, in an address or as a body: read as strictly as what programs send."""

from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from litestar import Request

from horarium.errors import InvalidInput
from horarium.mismatch import refusal

LONGEST = 16 * 1024
"""Bytes that the body of a form may have: a note of ours, in any letters, takes less."""
_MOST = 20
"""Fields; ours have fewer."""

Form = TypeVar("Form", bound=msgspec.Struct)


async def sent(request: Request[Any, Any, Any], kind: type[Form]) -> Form:
    """The body of a request as such a form.

    Raises:
        InvalidInput: it is no form, or a field or a value of it is not understood.
    """
    return read(fields(await request.body()), kind)


def read(given: Mapping[str, str], kind: type[Form]) -> Form:
    """Fields as such a form; one that is empty was not filled in.

    Raises:
        InvalidInput: a field or a value is not understood.
    """
    filled_in = {name: value for name, value in given.items() if value != ""}
    try:
        return msgspec.convert(filled_in, kind, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidInput(*refusal(str(error), of=kind)) from None


def fields(body: bytes) -> dict[str, str]:
    """The fields of a form as browsers encode them.

    Raises:
        InvalidInput: it is not encoded so, has more fields than any form of ours, one of them
            twice, or NUL in one.
    """
    if not body:
        return {}
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MOST,
        )
    except ValueError:
        raise InvalidInput("body", "it is no form that a page here sends") from None
    named = dict(pairs)
    if len(named) < len(pairs):
        raise InvalidInput("body", "a field of the form is given twice")
    for name, value in pairs:
        if "\0" in value:
            raise InvalidInput(name[:100], "it has the character NUL, which no text here has")
    return named
