"""What compares a row with many others by a kernel, but for support vector machines."""

from __future__ import annotations

from math import sqrt
from typing import Any

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Program
from emel.lowering.linear import linear_planes
from emel.lowering.values import Outputs, Value

LARGEST = 1_000_000
"""Numbers in the rows that are kept: each row walks them all, at 10 to 20 ns each."""
KINDS = {"rbf": "rbf", "poly": "poly", "polynomial": "poly", "sigmoid": "sigmoid"}


def kernel_ridge(model: Any, program: Program, value: Value) -> Outputs:
    """The kernels with the training rows, weighed."""
    weights = model.dual_coef_.reshape(len(model.X_fit_), -1).T
    return Outputs(value=_weighed(model, program, value, model.X_fit_, weights, [0.0] * len(weights)))


def kernel_components(model: Any, program: Program, value: Value) -> Value:
    """KernelPCA: the centered kernels, onto the eigenvectors."""
    sizes = model.eigenvalues_
    directions = (model.eigenvectors_ / [sqrt(size) or 1.0 for size in sizes.tolist()]).T
    directions = directions * (sizes != 0).reshape(-1, 1)
    middle = model._centerer
    # The mean of the kernels is taken from each of them, which the weights do as well.
    weights = directions - directions.mean(axis=1, keepdims=True)
    shifts = directions @ (middle.K_fit_all_ - middle.K_fit_rows_)
    return _weighed(model, program, value, model.X_fit_, weights, shifts)


def nystroem(model: Any, program: Program, value: Value) -> Value:
    """The kernels with some of the training rows, normalised."""
    weights = model.normalization_
    return _weighed(model, program, value, model.components_, weights, [0.0] * len(weights))


def random_waves(model: Any, program: Program, value: Value) -> Value:
    """RBFSampler: cosines in random directions."""
    scores = linear_planes(program, value, model.random_weights_.T, model.random_offset_)
    waves = program.add("function", scores, called="cos")
    return program.columnwise("multiply", waves, [sqrt(2.0 / model.n_components)] * waves.width)


def gaussian_process(model: Any, program: Program, value: Value) -> Outputs:
    """The mean of the process; noise adds nothing to rows that it has not seen."""
    factor, scales = _constant_times_rbf(model.kernel_)
    weights = factor * model.alpha_.reshape(len(model.X_train_), -1).T
    value = program.columnwise("divide", value, scales * value.width if len(scales) == 1 else scales)
    near = _kernels(model, program, value, model.X_train_ / scales, "rbf", 0.5, 0.0, 1)
    means = linear_planes(program, near, weights, [0.0] * len(weights))
    deviation, mean = _each(model._y_train_std, means.width), _each(model._y_train_mean, means.width)
    return Outputs(value=program.columnwise("add", program.columnwise("multiply", means, deviation), mean))


def _weighed(model: Any, program: Program, value: Value, rows: Any, weights: Any, shifts: Any) -> Value:
    """`weights` [results, rows] times the kernels with these rows, and `shifts`."""
    rows = rows.toarray() if hasattr(rows, "toarray") else rows
    kind = model.kernel
    if kind == "linear":
        return linear_planes(program, value, weights @ rows, shifts)
    if kind not in KINDS or (model.degree is not None and int(model.degree) != model.degree):
        shown = kind if isinstance(kind, str) else getattr(kind, "__name__", type(kind).__name__)
        raise UnsupportedModelError(
            f"{type(model).__name__} has the kernel {shown!r}, which the pure tier does not",
            hint=f"use one of linear, {', '.join(KINDS)}",
        )
    # The model of KernelPCA keeps what stands in for None.
    given = getattr(model, "gamma_", model.gamma)
    gamma = 1.0 / value.width if given is None else float(given)
    shift = 1.0 if model.coef0 is None else float(model.coef0)
    degree = 3 if model.degree is None else int(model.degree)
    near = _kernels(model, program, value, rows, KINDS[kind], gamma, shift, degree)
    return linear_planes(program, near, weights, shifts)


def _kernels(
    model: Any,
    program: Program,
    value: Value,
    rows: Any,
    kind: str,
    gamma: float,
    shift: float,
    degree: int,
) -> Value:
    count, width = rows.shape
    if count * width > LARGEST:
        raise UnsupportedModelError(
            f"{type(model).__name__} keeps {count} rows of {width} numbers, which is too slow in pure Python",
            hint="train it on fewer rows, or use another model",
        )
    arrays = {"vectors": program.array("f64", rows)}
    settings = {"count": count, "kind": kind, "gamma": gamma, "shift": shift, "degree": degree}
    return program.add("kernel", value, width=count, arrays=arrays, missing=False, **settings)


def _constant_times_rbf(kernel: Any) -> tuple[float, list[float]]:
    """The factor and the length scales of such a kernel, with or without noise."""
    name = type(kernel).__name__
    if name == "RBF":
        scales = kernel.length_scale
        return 1.0, [float(scale) for scale in (scales if hasattr(scales, "__len__") else [scales])]
    if name == "Sum" and type(kernel.k2).__name__ == "WhiteKernel":
        return _constant_times_rbf(kernel.k1)
    if name == "Product" and type(kernel.k1).__name__ == "ConstantKernel":
        factor, scales = _constant_times_rbf(kernel.k2)
        return factor * float(kernel.k1.constant_value), scales
    raise UnsupportedModelError(
        f"GaussianProcessRegressor has the kernel {kernel}, which the pure tier does not",
        hint="use a constant times RBF, with or without a WhiteKernel after it",
    )


def _each(numbers: Any, width: int) -> list[float]:
    listed = numbers.tolist()
    return listed if isinstance(listed, list) else [float(listed)] * width


TRANSFORMERS = {
    "sklearn.KernelPCA": kernel_components,
    "sklearn.Nystroem": nystroem,
    "sklearn.RBFSampler": random_waves,
}
PREDICTORS = {
    "sklearn.KernelRidge": kernel_ridge,
    "sklearn.GaussianProcessRegressor": gaussian_process,
}
