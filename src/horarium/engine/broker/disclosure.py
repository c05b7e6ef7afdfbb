"""What of a job's arguments and result is shown in a record that outlives the ledger's."""

import msgspec

from horarium.engine.broker.seal import CannotOpen, Seal
from horarium.engine.jobs.payload import CALL, shown

_CONCEALED_RESULT = msgspec.Raw(b'"(encrypted)"')


class Disclosure:
    """Shows what was sealed as such or, where it is told to, as it was.

    Args:
        opens: what the seal's keys open is shown; what they do not, stays concealed.
    """

    def __init__(self, seal: Seal, *, opens: bool = False) -> None:
        self._seal = seal
        self._opens = opens

    def arguments(self, arguments: bytes | None, payload: bytes | None) -> msgspec.Raw | None:
        """The call's arguments as JSON; `None` where they are in a serialisation of the user's."""
        if arguments is not None:
            return msgspec.Raw(arguments)
        if payload is None or not self._opens:
            return shown(payload)
        try:
            opened = self._seal.opened(payload)
        except CannotOpen:
            return shown(payload)
        if opened.startswith(CALL):
            return msgspec.Raw(opened[len(CALL) :])
        return shown(opened)

    def result(self, result: bytes | None) -> msgspec.Raw | None:
        """The result as JSON; `None` where there is none, or it was forgotten."""
        if result is None:
            return None
        if not self._seal.is_sealed(result):
            return msgspec.Raw(result)
        if not self._opens:
            return _CONCEALED_RESULT
        try:
            return msgspec.Raw(self._seal.opened_result(result))
        except CannotOpen:
            return _CONCEALED_RESULT
