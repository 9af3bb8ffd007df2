"""What a program knows of its values while it is written."""

from __future__ import annotations

import pytest

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Program
from emel.lowering.values import Column, Outputs, Value
from emel_runtime.pure import decode

COLUMNS = [Column("a"), Column("city", "string", missing=True), Column("b", missing=True)]


def names(program: Program, value: Value) -> list[str]:
    return [entry["name"] for entry in decode(program.encode(Outputs(value=value)))[0]["operations"]]


def test_a_selection_knows_its_columns_and_whether_they_may_lack_values() -> None:
    program = Program(COLUMNS)

    some = program.select(program.row, [1, 0])

    assert [program.is_text(some, place) for place in range(some.width)] == [True, False]
    assert [program.select(program.row, [place]).missing for place in range(3)] == [False, True, True]
    assert program.select(program.row, [0, 1, 2]) is program.row


def test_thresholds_are_carried_back_to_their_columns() -> None:
    program = Program(COLUMNS)
    scaled = program.columnwise("divide", program.columnwise("subtract", program.row, [1, 1, 1]), [2, 2, 4])
    mixed = program.add("linear", scaled, width=1)

    program.note_thresholds(program.concat([mixed, scaled]), [(0, 7.0), (3, 0.5), (1, 1e308)])

    assert program.notes.thresholds == {(2, 3.0)}
    assert (2, 3.0) in program.notes.exact
    assert {column for column, _ in program.notes.exact} == {2}


def test_categories_are_noted_in_the_type_of_their_column() -> None:
    program = Program(COLUMNS)

    program.note_categories(program.row, 1, ["Omsk", 3])
    program.note_categories(program.row, 2, ["Omsk", 3])

    assert program.notes.exact == {(1, "Omsk"), (2, 3.0)}


def test_operations_that_know_no_sparse_values_get_vectors() -> None:
    program = Program(COLUMNS)
    text = program.add("count", program.row, width=100, sparse=True)

    both = program.concat(
        [program.columnwise("multiply", text, [2.0] * 100), program.select(program.row, [0])]
    )
    scores = program.add("linear", both, width=2)

    assert (both.width, both.sparse, scores.sparse) == (101, True, False)
    assert names(program, scores) == ["count", "sparse_multiply", "select", "sparse_concat", "sparse_linear"]
    assert names(program, program.add("normalize", text)) == ["count", "dense", "normalize"]


@pytest.mark.parametrize(("dtype", "items"), [("u8", [300]), ("text", ["a\0b"]), ("text", ["\ud800"])])
def test_what_an_array_cannot_hold_is_refused(dtype: str, items: list[object]) -> None:
    with pytest.raises(UnsupportedModelError):
        Program(COLUMNS).array(dtype, items)
