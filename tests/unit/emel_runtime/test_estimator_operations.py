"""What the operations of estimators that are not trees mean, by hand."""

from __future__ import annotations

import math
from array import array
from typing import Any

import pytest

from emel_runtime.operations import Unfit, operation, sumprod

NAN = math.nan
PAIR = {"classes": 2}
TRIO = {"classes": 3}


def f64(*numbers: float) -> memoryview:
    return memoryview(array("d", numbers))


def u32(*numbers: int) -> memoryview:
    return memoryview(array("I", numbers))


CURVE = {"knots": f64(0, 1, 3), "heights": f64(0, 10, 20)}
CATEGORIES = {"scores": f64(1, 2, 3, 4, 5, 6), "counts": u32(2, 1), "priors": f64(0.5, 0.0)}
KERNEL = {"vectors": f64(1, 1, 0, 2), "count": 2, "gamma": 0.5, "shift": 1.0, "degree": 2}
LINE = {"points": f64(0, 1, 2, 4), "starts": u32(0), "ends": u32(4), "count": 2}


@pytest.mark.parametrize(
    ("name", "given", "row", "result"),
    [
        ("relu", {}, [-1.0, 0.0, 2.0], [0.0, 0.0, 2.0]),
        ("tanh", {}, [0.0, 1000.0], [0.0, 1.0]),
        ("exponential", {}, [0.0, -1000.0], [1.0, 0.0]),
        ("likelihoods", {}, [-1.0, -1.0], [0.5, 0.5]),
        ("likelihoods", {}, [-1e20, -1e20], [1.0, 1.0]),
        ("constant", {"values": f64(3, 4)}, [None, "text"], [3.0, 4.0]),
        ("not_negative", {}, [0.0], [1]),
        ("not_negative", {}, [-5e-324], [0]),
        ("square_distances", {"points": f64(0, 0, 3, 4), "count": 2}, [0.0, 0.0], [0.0, 25.0]),
        (
            "square_distances",
            {"points": f64(1, 1), "count": 1, "variances": f64(1, 4)},
            [3.0, 5.0],
            [8.0],
        ),
        ("manhattan_distances", {"points": f64(1, 1, 0, 0), "count": 2}, [-1.0, 2.0], [3.0, 3.0]),
        ("square_sums", {"counts": u32(2, 1)}, [3.0, 4.0, -2.0], [25.0, 4.0]),
        ("square_root", {}, [0.0, 9.0], [0.0, 3.0]),
        ("interpolate", CURVE | {"clip": True}, [-1.0, 0.5, 1.0, 2.0, 9.0], [0.0, 5.0, 10.0, 15.0, 20.0]),
        ("category_scores", CATEGORIES, [1.9, 0.0], [8.5, 10.0]),
        ("kernel", KERNEL | {"kind": "poly"}, [1.0, 1.0], [4.0, 4.0]),
        ("kernel", KERNEL | {"kind": "rbf"}, [1.0, 1.0], [1.0, math.exp(-1.0)]),
        ("kernel", KERNEL | {"kind": "sigmoid"}, [-1.0, -1.0], [0.0, 0.0]),
        ("votes", TRIO, [1.0, -1.0, 1.0], [0]),
        ("votes", PAIR, [0.0], [1]),
        ("vote_scores", TRIO, [0.0, 0.0, -1.0], [2.0, 0.0 - 1 / 6, 1.0 + 1 / 6]),
        ("coupled_probabilities", PAIR | {"slopes": f64(-1), "shifts": f64(0)}, [0.0], [0.5, 0.5]),
        ("nearest", LINE | {"power": 2.0}, [1.75], [2, 1, 0.25, 0.75]),
        ("nearest", LINE | {"power": None}, [9.0], [3, 2, 5.0, 7.0]),
    ],
)
def test_operation(name: str, given: dict[str, Any], row: list[Any], result: list[float]) -> None:
    assert list(operation(name)(**given)(row)) == pytest.approx(result, abs=1e-15)


def test_pairs_of_classes_take_their_own_vectors() -> None:
    # Three classes of one vector each, and for each vector its coefficients against the other two.
    step = operation("one_versus_one")(
        coefficients=f64(1, 10, 100, 1000, 10_000, 100_000), counts=u32(1, 1, 1), intercepts=f64(0, 0, 0.5)
    )

    assert list(step([1.0, 2.0, 3.0])) == [1.0 + 20.0, 1000.0 + 300.0, 20_000.0 + 300_000.0 + 0.5]


def test_platts_curve_is_cut_before_certainty() -> None:
    step = operation("coupled_probabilities")(classes=2, slopes=f64(-1), shifts=f64(0))

    for score in (1000.0, -1000.0):
        shares = step([score])
        assert sum(shares) == pytest.approx(1.0)
        assert 0.0 < min(shares) < 1e-3


@pytest.mark.parametrize(("weighted", "shares"), [(False, [0.5, 0.5]), (True, [0.25, 0.75])])
def test_neighbours_count_alike_or_by_distance(weighted: bool, shares: list[float]) -> None:
    classes = operation("neighbor_shares")(classes=u32(0, 0, 1), labels=2, count=2, weighted=weighted)
    means = operation("neighbor_means")(targets=f64(0, 0, 1), outputs=1, count=2, weighted=weighted)

    assert list(classes([1, 2, 3.0, 1.0])) == shares
    assert means([1, 2, 3.0, 1.0]) == [shares[1]]


def test_a_neighbour_at_the_row_itself_counts_alone() -> None:
    step = operation("neighbor_shares")(classes=u32(0, 1), labels=2, count=2, weighted=True)

    assert list(step([0, 1, 0.0, 1.0])) == [1.0, 0.0]


def test_cells_that_are_too_far_are_left_out() -> None:
    tree = {"starts": u32(0, 0, 2), "ends": u32(4, 2, 4), "count": 1, "power": 2.0}
    boxes = {"lows": f64(0, 0, 2), "highs": f64(4, 1, 4)}
    balls = {"centers": f64(2, 0.5, 3), "radii": f64(2, 0.5, 1)}
    # The last point is not where its cell says, so that it is found only when that cell is searched.
    points = f64(0, 1, 2, 0.9)

    for cells in (boxes, balls):
        step = operation("nearest")(points=points, **tree, **cells)

        assert list(step([0.75])) == [1, 0.25]
        assert list(step([1.5])) == [1, 0.5]


@pytest.mark.parametrize(
    ("name", "given", "row", "problem"),
    [
        ("exponential", {}, [1000.0], OverflowError),
        ("interpolate", CURVE | {"clip": False}, [3.5], Unfit),
        ("interpolate", CURVE | {"clip": True}, [NAN], Unfit),
        ("category_scores", CATEGORIES, [2.0, 0.0], Unfit),
        ("category_scores", CATEGORIES, [NAN, 0.0], OverflowError),
        ("kernel", KERNEL | {"kind": "rbf"}, [math.inf, 0.0], OverflowError),
        ("nearest", LINE | {"power": 1.0}, [NAN], OverflowError),
        ("square_distances", {"points": f64(0), "count": 1}, [NAN], OverflowError),
        ("manhattan_distances", {"points": f64(0), "count": 1}, [math.inf], OverflowError),
    ],
)
def test_rows_that_have_no_answer(name: str, given: dict[str, Any], row: list[float], problem: Any) -> None:
    step = operation(name)(**given)

    with pytest.raises(problem):
        step(row)


def test_products_are_summed() -> None:
    assert sumprod([1.0, 2.0], [3.0, 4.0]) == 11.0
    assert sumprod([], []) == 0.0
