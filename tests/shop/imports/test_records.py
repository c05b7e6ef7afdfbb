"""Records keep the number of the physical line they begin on, whatever the quotes do."""

import csv
from io import StringIO

from hypothesis import given
from hypothesis import strategies as st

from horarium.shop.imports.records import Record, Records


def read(text: str) -> list[Record]:
    return list(Records(iter(StringIO(text, newline=""))))


def test_a_record_of_many_lines_has_the_number_of_its_first() -> None:
    records = read('a,b\n1,"x\ny\r\nz"\n\n2,w\n')
    assert records == [
        Record(1, ["a", "b"]),
        Record(2, ["1", "x\ny\r\nz"]),
        Record(6, ["2", "w"]),
    ]


def test_a_mark_that_is_never_closed_costs_its_own_line_only() -> None:
    records = read('1,"open\n2,b\n3,"say ""hi"""\n4,d\n')
    assert [(r.number, r.broken is None) for r in records] == [
        (1, False),
        (2, True),
        (3, True),
        (4, True),
    ]
    assert records[0].fields == ['1,"open']
    assert records[2].fields == ["3", 'say "hi"']


def test_a_mark_that_is_open_at_the_end_costs_its_own_line_only() -> None:
    records = read('1,a\n2,"open\n3,c\n4,d')
    assert [r.number for r in records if r.broken is None] == [1, 3, 4]
    assert [r.number for r in records if r.broken] == [2]


def test_a_field_beyond_the_limit_is_named() -> None:
    records = read(f"1,a\n2,{'x' * (csv.field_size_limit() + 1)}\n3,c\n")
    assert [r.number for r in records] == [1, 2, 3]
    assert "longer than" in (records[1].broken or "")


rows = st.lists(
    st.lists(st.text(st.sampled_from('ab",\n\r x')), min_size=2, max_size=4), max_size=8
)


@given(rows)
def test_what_csv_writes_is_read_with_its_line_numbers(table: list[list[str]]) -> None:
    out = StringIO(newline="")
    numbers = []
    for row in table:
        before = out.getvalue()
        numbers.append(len(before.splitlines()) + 1)
        csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow(row)
    found = read(out.getvalue())
    assert [r.fields for r in found] == table
    assert [r.number for r in found] == numbers
