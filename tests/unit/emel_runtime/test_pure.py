"""The evaluator: each operation's meaning, and files that are not what they should be."""

from __future__ import annotations

import math
import struct
from array import array
from typing import Any

import pytest

from emel.lowering.builder import Program
from emel.lowering.values import Column, Outputs
from emel_runtime import pure
from emel_runtime.operations import MODULES, operation, sparse
from emel_runtime.operations.arithmetic import clip
from emel_runtime.operations.linear import linear

NAN = math.nan


def run(name: str, *rows: list[float], width: int = 1, **given: Any) -> list[float]:
    """What an operation makes of rows; `given` are attributes, and arrays as (dtype, numbers)."""
    program = Program([Column(str(place)) for row in rows for place in range(len(row))])
    inputs, start = [], 0
    for row in rows:
        inputs.append(program.select(program.row, range(start, start + len(row))))
        start += len(row)
    arrays = {key: program.array(*value) for key, value in given.items() if isinstance(value, tuple)}
    attributes = {key: value for key, value in given.items() if not isinstance(value, tuple)}
    made = program.add(name, *inputs, width=width, arrays=arrays, **attributes)
    (result,), _ = pure.load(program.encode(Outputs(value=made))).answer(
        [[value for row in rows for value in row]]
    )
    return result if isinstance(result, list) else [result]


def f64(*numbers: float) -> tuple[str, tuple[float, ...]]:
    return "f64", numbers


@pytest.mark.parametrize(
    ("name", "given", "row", "result"),
    [
        ("subtract", {"constant": f64(1, 2)}, [1.0, 1.0], [0.0, -1.0]),
        ("add", {"constant": f64(1, 2)}, [1.0, 1.0], [2.0, 3.0]),
        ("multiply", {"constant": f64(1, 2)}, [3.0, 3.0], [3.0, 6.0]),
        ("divide", {"constant": f64(1, 2)}, [3.0, 3.0], [3.0, 1.5]),
        ("clip", {"low": 0.0, "high": 1.0}, [-1.0, 0.5, 2.0], [0.0, 0.5, 1.0]),
        ("select", {"positions": ("u32", [2, 0])}, [1.0, 2.0, 3.0], [3.0, 1.0]),
        ("linear", {"coefficients": f64(1, 2, 3, 4), "intercepts": f64(0.5, 0)}, [1.0, 1.0], [3.5, 7.0]),
        ("logistic", {}, [0.0, -1000.0, 1000.0], [0.5, 0.0, 1.0]),
        ("complement", {}, [0.25], [0.75, 0.25]),
        ("mirror", {}, [2.0], [-2.0, 2.0]),
        ("normalize", {}, [1.0, 3.0], [0.25, 0.75]),
        ("normalize", {}, [0.0, 0.0], [0.5, 0.5]),
        ("softmax", {}, [1000.0, 1000.0], [0.5, 0.5]),
        ("positive", {}, [0.0], [0]),
        ("positive", {}, [5e-324], [1]),
        ("argmax", {}, [1.0, 3.0, 3.0], [1]),
    ],
)
def test_operation(name: str, given: dict[str, Any], row: list[float], result: list[float]) -> None:
    assert run(name, row, **given) == result


def test_operations_take_several_values() -> None:
    assert run("concat", [1.0], [2.0, 3.0]) == [1.0, 2.0, 3.0]
    assert run("average", [1.0, 0.0], [4.0, 3.0], weights=f64(2, 1)) == [2.0, 1.0]


def test_clip_keeps_missing_values() -> None:
    assert math.isnan(clip(0.0, 1.0)([NAN])[0])


# A sparse value of four positions, and the vector that it stands for.
SPARSE = {1: 2.0, 3: -1.0}
DENSE = [0.0, 2.0, 0.0, -1.0]


def view(code: str, *numbers: float) -> memoryview:
    return memoryview(array(code, numbers))


def test_sparse_values_stand_for_vectors() -> None:
    constant = view("d", 1.0, 2.0, 3.0, 4.0)
    planes = view("d", *range(8)), view("d", 0.5, -0.5)

    assert sparse.dense(4)(SPARSE) == DENSE
    assert sparse.sparse_select(view("I", 3, 0))(SPARSE) == {0: -1.0}
    assert sparse.sparse_multiply(constant)(SPARSE) == {1: 4.0, 3: -4.0}
    assert sparse.sparse_divide(constant)(SPARSE) == {1: 1.0, 3: -0.25}
    assert sparse.sparse_concat(view("I", 2, 4))([7.0, 8.0], SPARSE) == {0: 7.0, 1: 8.0, 3: 2.0, 5: -1.0}
    assert sparse.sparse_linear(*planes)(SPARSE) == linear(*planes)(DENSE)


def test_each_operation_is_where_the_table_says() -> None:
    assert {name: operation(name).__name__ for name in MODULES} == {name: name for name in MODULES}


def stump(row: list[float], **more: Any) -> list[float]:
    """One tree: the first column ≤ 0.1 is (1, 0), else (0, 1)."""
    step = operation("forest")(
        roots=view("I", 0),
        features=view("i", 0, -1, -1),
        thresholds=view("d", 0.1, 0.0, 0.0),
        rights=view("I", 2, 0, 1),
        leaves=view("d", 1.0, 0.0, 0.0, 1.0),
        inputs=1,
        outputs=2,
        **more,
    )
    return list(step(row))


def test_a_tree_compares_the_value_rounded_to_float32() -> None:
    # float32 has no number between 0.1 and this one, and rounds both up to 0.10000000149: right of 0.1.
    assert stump([0.1]) == [0.0, 1.0]
    assert stump([0.0999999]) == [1.0, 0.0]


@pytest.mark.parametrize(("left", "result"), [(1, [1.0, 0.0]), (0, [0.0, 1.0])])
def test_a_missing_value_goes_where_the_node_says(left: int, result: list[float]) -> None:
    assert stump([NAN], missing_left=view("B", left, 0, 0)) == result


@pytest.mark.parametrize("value", [1e39, math.inf, NAN])
def test_a_value_beyond_float32_overflows(value: float) -> None:
    with pytest.raises(OverflowError):
        stump([value])


def test_infinity_is_no_missing_value() -> None:
    with pytest.raises(OverflowError):
        stump([math.inf], missing_left=view("B", 0, 0, 0))


@pytest.mark.parametrize("value", [NAN, math.inf])
def test_an_answer_that_is_no_finite_number_is_refused(value: float) -> None:
    program = Program([Column("a"), Column("b")])
    model = pure.load(program.encode(Outputs(value=program.row)))

    with pytest.raises(pure.Unanswerable) as caught:
        model.answer([[1.0, 2.0], [1.0, value]])

    assert (caught.value.row, caught.value.reason) == (1, pure.TOO_LARGE)


@pytest.mark.parametrize("texts", [[], [""], ["a", "", "я\n"]])
def test_strings_are_read_back(texts: list[str]) -> None:
    program = Program([Column("a")])
    made = program.add("add", program.row, arrays={"constant": program.array("text", texts)})

    assert pure.decode(program.encode(Outputs(value=made)))[1] == [texts]


def test_labels_of_several_targets_are_answered_as_lists() -> None:
    program = Program([Column("a"), Column("b")])
    parts = tuple(
        Outputs(labels, scores=program.select(program.row, [place]))
        for place, labels in enumerate([("no", "yes"), (False, True)])
    )

    assert pure.load(program.encode(Outputs(parts=parts))).answer([[-1.0, 1.0]]) == ([["no", True]], None)


def test_what_the_answer_does_not_need_is_not_written() -> None:
    program = Program([Column("a")])
    unused = program.columnwise("divide", program.row, [2.0])
    used = program.columnwise("add", program.row, [3.0])
    program.add("concat", unused, used, width=2)

    written, arrays = pure.decode(program.encode(Outputs(value=used)))

    assert [entry["name"] for entry in written["operations"]] == ["add"]
    assert [one.tolist() for one in arrays if isinstance(one, memoryview)] == [[3.0]]


def model_bytes() -> bytes:
    program = Program([Column("a")])
    return program.encode(Outputs(value=program.columnwise("divide", program.row, [2.0])))


def test_a_written_program_is_read_back() -> None:
    assert pure.load(model_bytes()).answer([[3.0]]) == ([1.5], None)


@pytest.mark.parametrize("size", range(0, len(model_bytes()), 7))
def test_a_cut_file_is_said_to_be_damaged(size: int) -> None:
    with pytest.raises(pure.CorruptModel):
        pure.load(model_bytes()[:size])


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (pure.MAGIC, b"PK\x03\x04....", "first bytes"),
        (struct.pack("<I", pure.FORMAT), struct.pack("<I", 9), "format 9"),
        (b'"divide"', b'"devide"', "devide"),
        (b'"f64"', b'"f16"', "f16"),
        (b'"constant"', b'"bonstant"', "bonstant"),
    ],
)
def test_a_changed_file_is_said_to_be_damaged(before: bytes, after: bytes, words: str) -> None:
    with pytest.raises(pure.CorruptModel, match=words):
        pure.load(model_bytes().replace(before, after, 1))
