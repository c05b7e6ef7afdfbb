"""What is said to a command line that cannot be read: what was wrong, and what is taken instead."""

import difflib
from datetime import date, datetime
from typing import Any, Literal, get_args, get_origin

from cyclopts import (
    Argument,
    CoercionError,
    CycloptsError,
    MissingArgumentError,
    UnusedCliTokensError,
)

_TAKES = {
    date: "is no day; it takes one such as 2010-12-01",
    datetime: "is no time; it takes one such as 2010-12-01T08:00",
    int: "is no whole number",
    float: "is no number",
}


def sentence(error: CycloptsError) -> str:
    """The error as the other refusals say it: the option, the value, what it takes."""
    match error:
        case CoercionError(token=token, argument=argument) if token and argument and not error.msg:
            name = token.keyword or _name(argument)
            return f"{name}: {token.value[:40]!r} {_taken(error.target_type, token.value)}"
        case MissingArgumentError(argument=argument) if argument:
            missing = f"{error.keyword or _name(argument)} is missing"
            return ": ".join([*filter(None, [" ".join(error.command_chain or ())]), missing])
        case UnusedCliTokensError(unused_tokens=[first, *_]):
            return f"{' '.join(error.command_chain or ())} does not take {first[:40]!r}"
        case _:
            return str(error)


def advice(error: CycloptsError) -> str:
    """Where the command is described."""
    return " ".join(("Try: horarium", *(error.command_chain or ()), "--help"))


def none_of(value: str, choices: tuple[Any, ...]) -> str:
    """The value that is no choice, and those that there are."""
    near = difflib.get_close_matches(value, [str(each) for each in choices], n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"is none of: {', '.join(map(str, choices))}{hint}"


def _taken(kind: Any, value: str) -> str:
    if get_origin(kind) is Literal:
        return none_of(value, get_args(kind))
    return _TAKES.get(kind, "will not do")


def _name(argument: Argument) -> str:
    """As the help has it: NAME where it is told by its place, else --name."""
    name = argument.name
    return name if argument.index is None else name.removeprefix("--").upper()
