"""The standing proof: each due time proved once, soon after it was decided, and an alarm.

A schedule's watermark says up to when it was proved. A round takes the schedules that were decided
beyond theirs, proves what lies between, and moves the watermark on: what it costs goes by how much
was decided since the last round, not by how long the history is. A span with something wrong in it
is kept and proved again in each round, so that what is mended, by a backfill for instance, ends the
alarm; what cannot be mended may be accepted.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from horarium.database import Connection, statement
from horarium.engine.schedules.acts import note_act
from horarium.engine.schedules.book import Book
from horarium.engine.schedules.proof import Proof, compare
from horarium.engine.schedules.proving import Span, histories, horizon
from horarium.engine.schedules.schedule import Origin
from horarium.errors import NotFound

_AT_ONCE = 100
_MOST_FIRINGS = 5000
"""Firings of one schedule that are proved at once."""
_MOST_TURNS = 100


class Wrong(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule with due times, after `since` up to `until`, that do not have one outcome each."""

    schedule: str
    since: datetime
    until: datetime
    unexplained: int
    doubled: int
    details: list[str]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The standing proof of all schedules.

    Attributes:
        proved_at: when all due times that were decided had been proved; `None`: not yet.
        schedules: how many have something wrong; `unexplained` and `doubled` count due times.
        wrong: the first of those schedules.
    """

    proved_at: datetime | None
    schedules: int
    unexplained: int
    doubled: int
    wrong: list[Wrong]

    @property
    def holds(self) -> bool:
        return not self.schedules


class _Page(NamedTuple):
    """Proofs of some schedules, the last one's id, and whether one has more to be proved."""

    proofs: list[Proof]
    last: str
    more: bool


async def standing(book: Book, *, most: int = 100) -> Standing:
    """The standing proof, with up to `most` schedules that have something wrong."""
    async with book.database.connection() as connection:
        row = await connection.fetchrow(_sql("standing"))
        wrong = await connection.fetch(_sql("wrong"), most) if row["schedules"] else []
    return Standing(**row, wrong=[_wrong(each) for each in wrong])


async def prove_decided(book: Book) -> list[Proof]:
    """Prove what was decided since the last round, and again what was wrong.

    Returns:
        The proofs that do not hold.
    """
    wrong, _ = await _prove_all(book, again=True)
    more, turns = True, 0
    while more and turns < _MOST_TURNS:
        found, more = await _prove_all(book, again=False)
        wrong, turns = wrong + found, turns + 1
    async with book.database.connection() as connection:
        await connection.execute(_sql("proved_at"), book.ledger.clock())
    return wrong


async def _prove_all(book: Book, *, again: bool) -> tuple[list[Proof], bool]:
    """Go once through all schedules that have something to prove."""
    wrong: list[Proof] = []
    after, more = "", False
    while page := await _prove_page(book, after, again=again):
        wrong += [proof for proof in page.proofs if not proof.holds]
        after, more = page.last, more or page.more
    return wrong, more


async def accept(book: Book, id: str, note: str, origin: Origin) -> None:
    """Say that what is wrong of a schedule is known, and end its alarm.

    Raises:
        NotFound: nothing is wrong with it.
    """
    async with book.database.transaction() as connection:
        if await connection.fetchval(_sql("accept_proof"), id) is None:
            raise NotFound(f"the standing proof has nothing against a schedule {id!r}")
        await note_act(connection, book.ledger.clock, id, "accept", note, origin)


async def _prove_page(book: Book, after: str, *, again: bool) -> _Page | None:
    connection = await book.database.acquire()
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            spans = await _spans(connection, after, again=again)
            found = [
                (span, compare(history, span.start, span.end))
                for span, history in zip(spans, await histories(connection, spans), strict=True)
            ]
        if found:
            await _keep(connection, found, again=again)
    finally:
        await book.database.release(connection)
    if not found:
        return None
    more = not again and any(span.end < span.decided_until for span in spans)
    return _Page([proof for _, proof in found], spans[-1].schedule, more)


async def _spans(connection: Connection, after: str, *, again: bool) -> list[Span]:
    rows = await connection.fetch(_sql("prove_again" if again else "prove_next"), after, _AT_ONCE)
    kept_from, _ = await horizon(connection)
    spans = []
    for row in rows:
        start, end = (
            (row["wrong_from"], row["wrong_until"])
            if again
            else (row["proved_until"], row["decided_until"])
        )
        start = min(end, max(start, kept_from or start))
        spans.append(Span(row["id"], start, end, row["decided_until"]))
    if again:
        return spans
    asked = ([s.schedule for s in spans], [s.start for s in spans], [s.end for s in spans])
    bounds = await connection.fetch(_sql("prove_bounds"), *asked, _MOST_FIRINGS)
    ends = {row["schedule"]: row["until"] for row in bounds}
    return [span._replace(end=ends.get(span.schedule, span.end)) for span in spans]


async def _keep(
    connection: Connection, found: Sequence[tuple[Span, Proof]], *, again: bool
) -> None:
    ids = [span.schedule for span, _ in found]
    wrong = (
        [proof.unexplained for _, proof in found],
        [proof.doubled for _, proof in found],
        [msgspec.json.encode(proof.details) for _, proof in found],
    )
    if again:
        await connection.execute(_sql("proved_again"), ids, *wrong)
        return
    spans = ([span.end for span, _ in found], [span.start for span, _ in found])
    await connection.execute(_sql("proved"), ids, *spans, *wrong)


def _wrong(row: dict[str, object]) -> Wrong:
    values = dict(row)
    since, until = values.pop("wrong_from"), values.pop("wrong_until")
    return msgspec.convert({**values, "since": since, "until": until}, Wrong)


def _sql(name: str) -> str:
    return statement(__package__, name)
