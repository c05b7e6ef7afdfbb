"""What progress is, and what it is not."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horarium.engine import Mark
from horarium.engine.jobs.mark import MOST_META, MOST_NOTE, next_mark
from horarium.errors import InvalidInput


@pytest.mark.parametrize("value", [0, 1, 0.4, Decimal("0.5"), Fraction(1, 3), None])
def test_a_number_from_0_to_1(value: Any) -> None:
    assert next_mark(Mark(), value).fraction == (None if value is None else float(value))


@pytest.mark.parametrize(
    "value", [-0.001, 1.001, 40, float("nan"), float("inf"), "0.5", b"1", True, object(), 10**400]
)
def test_anything_else_is_refused_in_words(value: Any) -> None:
    with pytest.raises(InvalidInput, match=r"^progress: .*from 0 \(begun\) to 1 \(done\)"):
        next_mark(Mark(), value)


def test_what_is_not_named_stays() -> None:
    mark = next_mark(Mark(), 0.2, note="row 1", state="reading", meta=b'{"rows":1}')
    further = next_mark(mark, 0.3)
    assert (further.note, further.state, further.meta) == (
        "row 1", "reading", {"rows": 1},
    )  # fmt: skip
    assert (further.fraction, further.number) == (0.3, 2)
    cleared = next_mark(further, note=None, state=None, meta=None)
    assert (cleared.fraction, cleared.note, cleared.state, cleared.meta) == (0.3, None, None, None)


@given(st.text(st.characters(codec=None)))
def test_any_text_can_be_stored(text: str) -> None:
    note = next_mark(Mark(), note=text).note
    assert note is not None
    assert "\0" not in note
    note.encode()


def test_long_words_are_cut_and_others_refused() -> None:
    note = next_mark(Mark(), note="x" * 5000).note
    assert note is not None
    assert len(note) == MOST_NOTE
    assert note.endswith("…")
    with pytest.raises(InvalidInput, match="state: 3 is no text"):
        next_mark(Mark(), state=3)  # type: ignore[arg-type]


def test_data_has_bounds() -> None:
    with pytest.raises(InvalidInput, match=r"meta: it has 70,002 bytes"):
        next_mark(Mark(), meta=b'"' + b"x" * 70_000 + b'"')
    assert MOST_META < 70_000
    with pytest.raises(InvalidInput, match="NUL"):
        next_mark(Mark(), meta=b'"a\\u0000"')
    assert next_mark(Mark(), meta=b'"a\\\\u0000"').meta == "a\\u0000"
    with pytest.raises(InvalidInput, match="read back"):
        next_mark(Mark(), meta=b"[" * 5000 + b"]" * 5000)
