"""Names of files and folders that any file system takes, made of names that may be anything. Pure.

What is not a lower-case letter, a digit or one of ``.-@+`` (``_`` too, where it separates nothing)
is written as ``%XX`` for each of its UTF-8 bytes. So a name holds no separator, is never ``..``,
and two names differ also where a file system ignores case or composes accents. What Windows keeps
for devices (``con``, ``nul.txt``) and a dot at the beginning or the end are escaped as well.
`urllib.parse.unquote` reads such a name back.

A name that would be too long is cut, and ends with ``~`` and a hash of the whole. It cannot be read
back, and no other is like it: ``~`` is escaped everywhere else. What a file is about also stands in
the file.
"""

import re
from datetime import UTC, datetime
from hashlib import sha256

LONGEST = 100
"""Bytes of an escaped name at most: id, task, time and ending together stay below 255."""

NOBODY = "~nobody"
"""The folder of jobs that have no owner; no owner's folder begins with ``~``."""

INDEX = "index.jsonl"

_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(?=\.|$)")
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789.-@+")
_FILE = re.compile(
    r"(?![.])[a-z0-9.@+%A-F~-]+_[a-z0-9._@+%A-F~-]+_\d{8}T\d{6}\.\d{6}Z\.jsonl"
)  # fmt: skip
_HASHED = 16


def file_name(job: str, task: str, ended_at: datetime) -> str:
    """The file of a job: ``<job id>_<task name>_<when it ended>.jsonl``, the time in UTC."""
    stamp = f"{ended_at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}"
    return _without_device(
        f"{_cut(_escaped(job), job)}_{_cut(_escaped(task, b'_'), task)}_{stamp}.jsonl"
    )


def folder_name(owner: str) -> str:
    """The folder of an owner; of nobody, where it is empty."""
    return _without_device(_cut(_escaped(owner, b"_"), owner)) if owner else NOBODY


def is_file_name(name: str) -> bool:
    """Whether `file_name` may have made it: nothing else is opened by its name."""
    return name == INDEX or (len(name) <= 255 and _FILE.fullmatch(name) is not None)


def _escaped(text: str, also: bytes = b"") -> str:
    plain = _PLAIN | frozenset(also)
    name = "".join(chr(each) if each in plain else f"%{each:02X}" for each in text.encode())
    if name.startswith("."):
        name = "%2E" + name[1:]
    return name[:-1] + "%2E" if name.endswith(".") else name


def _cut(name: str, text: str) -> str:
    if len(name) <= LONGEST:
        return name
    digest = sha256(text.encode()).hexdigest()[:_HASHED]
    kept = name[: LONGEST - _HASHED - 1]
    # Not in the middle of a %XX.
    kept = re.sub(r"%[0-9A-F]?$", "", kept)
    return f"{kept}~{digest}"


def _without_device(name: str) -> str:
    return f"%{ord(name[0]):02X}{name[1:]}" if _DEVICES.match(name) else name
