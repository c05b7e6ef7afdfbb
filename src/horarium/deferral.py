"""Packages whose names are imported at their first use.

A package that shows its parts to others imports all of them for whoever asks for one. Where the
imports stand under `TYPE_CHECKING`, a type checker and the import contracts read them as ever, and

    __getattr__ = deferred(__name__)

has each module imported when the first of its names is asked for: a worker does not wait for the
timetable's previews. A name must not be that of a module in the package itself: Python would put
the module in its place.
"""

import ast
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from inspect import getsource
from typing import Any


def deferred(package: str) -> Callable[[str], Any]:
    """A package's `__getattr__`, by what it imports under `TYPE_CHECKING`."""

    @cache
    def homes() -> dict[str, tuple[str, str]]:
        return dict(_imported(package))

    def find(name: str) -> Any:
        if name.startswith("__") or name not in homes():
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, original = homes()[name]
        return getattr(import_module(module), original)

    return find


def _imported(package: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """The names under `TYPE_CHECKING`, each with its module and its name there."""
    for block in ast.parse(getsource(sys.modules[package])).body:
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING":
            for each in block.body:
                if isinstance(each, ast.ImportFrom) and each.module is not None:
                    for name in each.names:
                        yield name.asname or name.name, (each.module, name.name)
