"""Kernel methods beside scikit-learn's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris, load_linnerud
from sklearn.decomposition import KernelPCA
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel
from sklearn.kernel_approximation import Nystroem, RBFSampler
from sklearn.kernel_ridge import KernelRidge
from tests.fakes.lowered import beside, columns, held_out
from tests.fakes.transformed import transformed

from emel.errors import UnsupportedModelError
from emel.lowering import lower

LAST_BITS = 1e-11
NOISE = WhiteKernel(0.5, noise_level_bounds="fixed")


@pytest.mark.parametrize("dataset", [load_diabetes, load_linnerud], ids=["one target", "several"])
@pytest.mark.parametrize("kernel", ["linear", "rbf", "poly", "sigmoid"])
def test_ridges_are_met(kernel: str, dataset: Any) -> None:
    x, y, rows = held_out(dataset)
    scale = np.abs(x).max(axis=0)

    both = beside(KernelRidge(kernel=kernel).fit(x / scale, y), (np.array(rows) / scale).tolist())

    assert both.difference <= LAST_BITS


@pytest.mark.parametrize(
    "kernel",
    [
        ConstantKernel(2.0, "fixed") * RBF(0.3, "fixed"),
        ConstantKernel(2.0, "fixed") * RBF(0.3, "fixed") + NOISE,
        RBF([0.1] * 10, "fixed") + NOISE,
    ],
    ids=["constant", "constant and noise", "a length per column"],
)
@pytest.mark.parametrize("normalize", [False, True])
def test_means_of_gaussian_processes_are_met(normalize: bool, kernel: Any) -> None:
    x, y, rows = held_out(load_diabetes)
    model = GaussianProcessRegressor(kernel, alpha=0.1, normalize_y=normalize)

    assert beside(model.fit(x, y), rows).difference <= LAST_BITS


@pytest.mark.parametrize(
    "model",
    [
        KernelPCA(2),
        KernelPCA(3, kernel="rbf"),
        KernelPCA(kernel="poly", degree=2, gamma=0.01),
        Nystroem(n_components=20, random_state=0),
        Nystroem(kernel="poly", degree=2, coef0=1, gamma=0.01, n_components=10, random_state=0),
        Nystroem(kernel="linear", n_components=4, random_state=0),
    ],
    ids=str,
)
def test_transformers_are_met(model: Any) -> None:
    x, _, rows = held_out(load_iris)

    assert transformed(model.fit(x), rows).difference <= 1e-9


@pytest.mark.parametrize("gamma", [1.0, "scale"])
def test_random_waves_are_met_as_far_as_a_cosine_of_large_numbers_goes(gamma: Any) -> None:
    x, _, rows = held_out(load_iris)

    assert (
        transformed(RBFSampler(gamma=gamma, n_components=5, random_state=0).fit(x), rows).difference <= 1e-6
    )


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (KernelRidge(kernel="laplacian"), "the kernel 'laplacian'"),
        (KernelRidge(kernel="poly", degree=1.5), "the kernel 'poly'"),
        (GaussianProcessRegressor(Matern(length_scale_bounds="fixed")), "the kernel Matern"),
    ],
    ids=["laplacian", "a broken degree", "matern"],
)
def test_other_kernels_are_refused(model: Any, words: str) -> None:
    x, y, _ = held_out(load_diabetes)

    with pytest.raises(UnsupportedModelError, match=words):
        lower(model.fit(np.abs(x), y), columns(10))
