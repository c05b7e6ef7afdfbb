"""Arguments and results, encrypted where they are kept.

The first key encrypts, all of them decrypt, so that keys can be changed while jobs wait: put the
new one first, and drop the old one when nothing is left that it has sealed. Errors, tracebacks,
labels, limits' keys and the arguments of schedules are not sealed: they are what people look at.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from horarium.engine.jobs.job import NewJob
from horarium.engine.jobs.payload import CALL, SEALED
from horarium.errors import HorariumError, InvalidSetting


class CannotOpen(HorariumError):
    """Something was sealed with a key that this process does not have."""


class _Kept(msgspec.Struct):
    sealed: str


class Seal:
    """What seals and opens with some keys; without any it leaves things as they are."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._box: Any = _box(keys) if keys else None

    def job(self, job: NewJob) -> NewJob:
        """The job with its arguments sealed; keys of unique jobs and limits were made before."""
        if self._box is None:
            return job
        body = CALL + job.arguments if job.arguments is not None else job.payload or b""
        payload = SEALED + self._box.encrypt(body)
        return msgspec.structs.replace(job, arguments=None, payload=payload)

    def opened(self, payload: bytes) -> bytes:
        """What a payload holds.

        Raises:
            CannotOpen: it is sealed, and none of the keys opens it.
        """
        return self._open(payload[len(SEALED) :]) if payload.startswith(SEALED) else payload

    def result(self, result: bytes) -> bytes:
        """A result as it is kept."""
        if self._box is None:
            return result
        return msgspec.json.encode(_Kept(self._box.encrypt(result).decode()))

    def opened_result(self, result: bytes) -> bytes:
        """A result as its task gave it.

        Raises:
            CannotOpen: it is sealed, and none of the keys opens it.
        """
        kept = _sealed(result)
        if kept is None:
            return result
        return self._open(kept.encode())

    @staticmethod
    def is_sealed(result: bytes) -> bool:
        """Whether a result is one that was sealed, by whichever key."""
        return _sealed(result) is not None

    def _open(self, token: bytes) -> bytes:
        if self._box is None:
            raise CannotOpen("it is encrypted, and this process has no HORARIUM_ENCRYPTION_KEYS")
        from cryptography.fernet import InvalidToken

        try:
            plain: bytes = self._box.decrypt(token)
        except InvalidToken:
            raise CannotOpen(
                "it is encrypted, and none of this process's HORARIUM_ENCRYPTION_KEYS opens it"
            ) from None
        return plain


def _sealed(result: bytes) -> str | None:
    """The token that stands for a result; `None`: it is the task's own data."""
    if not result.startswith(b'{"sealed":'):
        return None
    try:
        kept = msgspec.json.decode(result, type=_Kept)
    except msgspec.MsgspecError:
        return None
    # As every token of Fernet's begins.
    return kept.sealed if kept.sealed.startswith("gAAAA") else None


def _box(keys: Sequence[str]) -> Any:
    try:
        from cryptography.fernet import Fernet, MultiFernet
    except ImportError:
        reason = "it needs the package cryptography; install horarium[encryption]"
        raise InvalidSetting("HORARIUM_ENCRYPTION_KEYS", reason) from None
    return MultiFernet([Fernet(key) for key in keys])
