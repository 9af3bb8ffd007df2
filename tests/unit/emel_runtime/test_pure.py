"""The evaluator: each operation's meaning, and files that are not what they should be."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest

from emel.lowering.builder import Outputs, Program
from emel_runtime import pure

NAN = math.nan


@pytest.mark.parametrize(
    ("step", "row", "result"),
    [
        (pure.subtract([1.0, 2.0]), [1.0, 1.0], [0.0, -1.0]),
        (pure.add([1.0, 2.0]), [1.0, 1.0], [2.0, 3.0]),
        (pure.multiply([1.0, 2.0]), [3.0, 3.0], [3.0, 6.0]),
        (pure.divide([1.0, 2.0]), [3.0, 3.0], [3.0, 1.5]),
        (pure.clip(0.0, 1.0), [-1.0, 0.5, 2.0], [0.0, 0.5, 1.0]),
        (pure.linear([1.0, 2.0, 3.0, 4.0], [0.5, 0.0]), [1.0, 1.0], [3.5, 7.0]),
        (pure.logistic(), [0.0, -1000.0, 1000.0], [0.5, 0.0, 1.0]),
        (pure.complement(), [0.25], [0.75, 0.25]),
        (pure.mirror(), [2.0], [-2.0, 2.0]),
        (pure.normalize(), [1.0, 3.0], [0.25, 0.75]),
        (pure.normalize(), [0.0, 0.0], [0.5, 0.5]),
        (pure.softmax(), [1000.0, 1000.0], [0.5, 0.5]),
        (pure.positive(), [0.0], [0]),
        (pure.positive(), [5e-324], [1]),
        (pure.argmax(), [1.0, 3.0, 3.0], [1]),
    ],
)
def test_operation(step: pure.Step, row: list[float], result: list[float]) -> None:
    assert list(step(row)) == result


def test_clip_keeps_missing_values() -> None:
    assert math.isnan(pure.clip(0.0, 1.0)([NAN])[0])


def stump(**more: Any) -> pure.Step:
    """One tree: the first column ≤ 0.1 is (1, 0), else (0, 1)."""
    return pure.forest(
        roots=[0],
        features=[0, -1, -1],
        thresholds=[0.1, 0.0, 0.0],
        rights=[2, 0, 1],
        leaves=[1.0, 0.0, 0.0, 1.0],
        inputs=1,
        outputs=2,
        **more,
    )


def test_a_tree_compares_the_value_rounded_to_float32() -> None:
    # float32 has no number between 0.1 and this one, and rounds both up to 0.10000000149: right of 0.1.
    assert list(stump()([0.1])) == [0.0, 1.0]
    assert list(stump()([0.0999999])) == [1.0, 0.0]


@pytest.mark.parametrize(("left", "result"), [(1, [1.0, 0.0]), (0, [0.0, 1.0])])
def test_a_missing_value_goes_where_the_node_says(left: int, result: list[float]) -> None:
    assert list(stump(missing_left=[left, 0, 0])([NAN])) == result


@pytest.mark.parametrize("value", [1e39, math.inf, NAN])
def test_a_value_beyond_float32_overflows(value: float) -> None:
    with pytest.raises(OverflowError):
        stump()([value])


def test_infinity_is_no_missing_value() -> None:
    with pytest.raises(OverflowError):
        stump(missing_left=[0, 0, 0])([math.inf])


def model_bytes() -> bytes:
    program = Program(["a"], missing=False)
    scaled = program.add("divide", 0, arrays={"constant": program.array("f64", [2.0])})
    return program.encode(Outputs(value=scaled))


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
        (struct.pack("<I", 1), struct.pack("<I", 9), "format 9"),
        (b'"divide"', b'"devide"', "devide"),
        (b'"f64"', b'"f16"', "f16"),
        (b'"constant"', b'"bonstant"', "bonstant"),
    ],
)
def test_a_changed_file_is_said_to_be_damaged(before: bytes, after: bytes, words: str) -> None:
    with pytest.raises(pure.CorruptModel, match=words):
        pure.load(model_bytes().replace(before, after, 1))
