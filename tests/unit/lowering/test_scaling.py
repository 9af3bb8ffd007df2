"""Scalers beside scikit-learn's own, on rows held out of real data, with gaps, and on boundary rows."""

from __future__ import annotations

from math import nan
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.preprocessing import (
    Binarizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)
from tests.fakes.lowered import columns
from tests.fakes.transformed import transformed

from emel_runtime.operations.shaping import normal_quantile

LAST_BITS = 1e-13
GAPS_ARE_REFUSED = (Binarizer, Normalizer)

SCALERS = [
    StandardScaler(),
    MinMaxScaler((-1, 2), clip=True),
    MaxAbsScaler(),
    RobustScaler(quantile_range=(10, 90), unit_variance=True),
    Normalizer("l1"),
    Normalizer("l2"),
    Normalizer("max"),
    Binarizer(threshold=0.01),
    PowerTransformer(),
    PowerTransformer(standardize=False),
    QuantileTransformer(n_quantiles=20),
    QuantileTransformer(n_quantiles=100, output_distribution="normal"),
]


def with_gaps(rows: list[list[float]]) -> list[list[float]]:
    """The rows, and the first few again with one value missing in each."""
    return rows + [[*row[:place], nan, *row[place + 1 :]] for place, row in enumerate(rows[: len(rows[0])])]


@pytest.mark.parametrize("load", [load_breast_cancer, load_diabetes], ids=["skewed", "signed"])
@pytest.mark.parametrize("scaler", SCALERS, ids=str)
def test_numbers_are_scaled_alike(scaler: Any, load: Any) -> None:
    x = load().data[:, :6]
    scaler.fit(x[::2])

    both = transformed(scaler, with_gaps(x[1::2].tolist()), columns(6, missing=True))

    assert both.difference <= LAST_BITS
    assert (both.refused > 0) == isinstance(scaler, GAPS_ARE_REFUSED)


def test_powers_of_box_and_cox_refuse_what_is_not_above_zero() -> None:
    x = load_breast_cancer().data[:, :5]

    both = transformed(PowerTransformer("box-cox").fit(x[::2]), with_gaps(x[1::2].tolist()))

    assert both.refused > 0
    assert both.difference <= LAST_BITS


def test_quantiles_of_a_column_with_ties_take_the_middle_share() -> None:
    x = np.repeat([[0.0], [1.0], [2.0], [5.0]], [5, 40, 1, 3], axis=0)
    model = QuantileTransformer(n_quantiles=20, output_distribution="normal").fit(x)

    both = transformed(model, [[0.0], [1e-8], [1.0], [1.5], [2.0], [5.0 - 1e-8], [5.0], [9.0], [-1.0]])

    assert both.difference <= LAST_BITS


def test_the_normal_quantile_agrees_with_scipy_over_its_whole_range() -> None:
    shares = [*np.linspace(0, 1, 2001).tolist(), *np.logspace(-300, -1, 600).tolist(), 1 - 2**-53, nan]

    made = np.array(normal_quantile(-50.0, 50.0)(shares))

    expected = np.clip(norm.ppf(shares), -50.0, 50.0)
    np.testing.assert_allclose(made, expected, rtol=4e-15, atol=0)
