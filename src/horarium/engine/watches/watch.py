"""What is watched, and how events travel: values, matching and packing. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from horarium.events import JobFailed, JobLife

MOST_BYTES = 7900
"""Of one notification; PostgreSQL takes 7,999."""

MOST_ERROR = 1000
"""Characters of an error that travel; the ledger has the rest."""


class Watch(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which events somebody wants; what is `None` matches all."""

    job: str | None = None
    task: str | None = None
    queue: str | None = None
    owner: str | None = None

    def wants(self, event: JobLife) -> bool:
        """Whether it is one of them."""
        return (
            (self.job is None or self.job == event.id)
            and (self.task is None or self.task == event.task)
            and (self.queue is None or self.queue == event.queue)
            and (self.owner is None or self.owner == event.owner)
        )


class Watched:
    """All that is watched, for a quick answer: watches of single jobs are many."""

    def __init__(self, watches: Iterable[Watch] = ()) -> None:
        every = set(watches)
        self._jobs = {watch.job for watch in every if watch.job is not None}
        self._others = [watch for watch in every if watch.job is None]

    def __bool__(self) -> bool:
        return bool(self._jobs or self._others)

    def wants(self, event: JobLife) -> bool:
        """Whether any watch wants it."""
        return event.id in self._jobs or any(watch.wants(event) for watch in self._others)


def packed(events: Sequence[JobLife], dropped: int = 0) -> Iterator[str]:
    """The events as payloads of notifications, as few as they fit into.

    Args:
        dropped: how many events there were besides, which are not told.
    """
    lines = [_encode(event) for event in events]
    if dropped:
        lines.append(_encoder.encode({"event": _MISSED, "count": dropped}))
    pack: list[bytes] = []
    size = 0
    for line in lines:
        if pack and size + len(line) > MOST_BYTES:
            yield b"\n".join(pack).decode()
            pack, size = [], 0
        pack.append(line)
        size += len(line) + 1
    if pack:
        yield b"\n".join(pack).decode()


def unpacked(payload: str) -> Iterator[JobLife | None]:
    """The events of a payload; `None`: there were others, which are not told.

    Of a newer version's workers there may be kinds that are not known here: they are left out.
    """
    for line in payload.split("\n"):
        try:
            yield _decoder.decode(line)
        except msgspec.ValidationError:
            if _kind(line) == _MISSED:
                yield None
        except msgspec.DecodeError:
            yield None


def _encode(event: JobLife) -> bytes:
    line = _encoder.encode(_short(event))
    # An id and names of 255 characters each of four bytes leave room for this much.
    return line if len(line) <= MOST_BYTES else _encoder.encode(_short(event, 50))


def _short(event: Any, most: int = MOST_ERROR) -> Any:
    changes: dict[str, Any] = {}
    if isinstance(event, JobFailed):
        changes["traceback"] = None
    for name in ("error", "note"):
        text = getattr(event, name, None)
        if text is not None and len(text) > most:
            changes[name] = text[: most - 1] + "…"
    return msgspec.structs.replace(event, **changes) if changes else event


def _kind(line: str) -> Any:
    try:
        return msgspec.json.decode(line).get("event")
    except (msgspec.DecodeError, AttributeError):
        return None


_MISSED = "missed"
_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[JobLife] = msgspec.json.Decoder(JobLife)
