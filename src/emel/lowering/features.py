"""Features made of numbers: powers, bins, splines, known functions; and the choice among features."""

from __future__ import annotations

from itertools import chain
from typing import Any

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Program
from emel.lowering.categories import one_hot
from emel.lowering.values import Outputs, Value

FUNCTIONS = (
    "absolute", "cos", "exp", "expm1", "log", "log10", "log1p", "log2", "negative", "sin", "sqrt", "square",
    "tan", "tanh",
)  # fmt: skip
"""Functions of NumPy that the operation `function` has too, by their names there."""
BEYOND = {
    "error": "refuse",
    "continue": "continue",
    "periodic": "repeat",
    "constant": "lines",
    "linear": "lines",
}


def polynomial_features(model: Any, program: Program, value: Value) -> Value:
    """Products of powers."""
    # scikit-learn multiplies from the last factor to the first.
    groups = [
        [place for place in reversed(range(len(row))) for _ in range(row[place])]
        for row in model.powers_.tolist()
    ]
    arrays = {
        "factors": program.array("u32", list(chain.from_iterable(groups))),
        "lengths": program.array("u32", [len(group) for group in groups]),
    }
    return program.add("products", value, width=len(groups), missing=False, arrays=arrays)


def spline_transformer(model: Any, program: Program, value: Value) -> Value:
    """The B-splines of each column."""
    degree, mode = model.degree, model.extrapolation
    bases = model.bsplines_
    width = bases[0].c.shape[1]
    if mode == "periodic" and any(basis.t[degree] == basis.t[-degree - 1] for basis in bases):
        raise UnsupportedModelError("SplineTransformer has a periodic column with a single value")
    if mode == "constant" and not degree:
        raise UnsupportedModelError(
            "SplineTransformer of degree 0 has nothing to go on with beyond its knots"
        )
    arrays = {"knots": program.array("f64", [knot for basis in bases for knot in basis.t.tolist()])}
    if BEYOND[mode] == "lines":
        arrays |= _lines(model, program)
    for place, basis in enumerate(bases):
        program.note_thresholds(
            value, [(place, knot) for knot in basis.t[degree : len(basis.t) - degree].tolist()]
        )
    made = program.add(
        "splines",
        value,
        width=width * value.width,
        missing=False,
        arrays=arrays,
        degree=degree,
        inputs=value.width,
        beyond=BEYOND[mode],
        gaps=getattr(model, "handle_missing", "error") == "zeros",
    )
    if model.include_bias:
        return made
    return program.select(made, [place for place in range(made.width) if (place + 1) % width])


def _lines(model: Any, program: Program) -> dict[str, int]:
    """Between which ends the splines stand, and how the outermost of them go on from there."""
    moved = model.degree
    ends: list[float] = []
    tables: dict[str, list[float]] = {"lows": [], "low_slopes": [], "highs": [], "high_slopes": []}
    for basis in model.bsplines_:
        first, last = float(basis.t[moved]), float(basis.t[-moved - 1])
        ends += (first, last)
        # Splines of degree 0 and 1 bend at the end itself, so that one more moves. scikit-learn counts on
        # from column to column, and takes the ends of the later ones from further inside.
        moved += model.extrapolation == "linear" and moved <= 1
        width = basis.c.shape[1]
        for name, end, places in (("low", first, range(moved)), ("high", last, range(width - moved, width))):
            heights = basis(end).tolist()
            slopes = basis(end, nu=1).tolist() if model.extrapolation == "linear" else [0.0] * width
            tables[f"{name}s"] += [heights[at] if at in places else 0.0 for at in range(width)]
            tables[f"{name}_slopes"] += [slopes[at] if at in places else 0.0 for at in range(width)]
    tables["ends"] = ends
    return {name: program.array("f64", numbers) for name, numbers in tables.items()}


def bins_discretizer(model: Any, program: Program, value: Value) -> Value:
    """The number of the bin, or one element for each bin."""
    if "float32" in str(model.dtype):
        raise UnsupportedModelError("KBinsDiscretizer(dtype=float32) compares in float32")
    inner = [edges[1:-1].tolist() for edges in model.bin_edges_]
    for place, edges in enumerate(inner):
        program.note_thresholds(value, [(place, edge) for edge in edges])
    arrays = {
        "edges": program.array("f64", list(chain.from_iterable(inner))),
        "counts": program.array("u32", [len(edges) for edges in inner]),
    }
    made = program.add("bins", value, missing=False, arrays=arrays)
    if model.encode == "ordinal":
        return made
    return one_hot(program, made, model.n_bins_.tolist())._replace(matrix=model.encode == "onehot")


def function_transformer(model: Any, program: Program, value: Value) -> Value:
    """A function of NumPy, or the one that changes nothing."""
    function = model.func
    if function is None:
        return value
    name = getattr(function, "__name__", repr(function))
    known = type(function).__module__ == "numpy" and type(function).__name__ == "ufunc" and name in FUNCTIONS
    if not known or model.kw_args:
        raise UnsupportedModelError(
            f"FunctionTransformer({name}) runs code that cannot be read",
            hint=f"use one of NumPy's functions {', '.join(FUNCTIONS)}",
        )
    types = {program.columns[origin.column].type for origin in value.origins if origin is not None}
    if types & {"boolean", "string"}:
        # NumPy answers booleans with float16.
        raise UnsupportedModelError(f"FunctionTransformer({name}) takes columns of numbers alone")
    lacking = value.missing or name not in ("absolute", "negative", "square")
    return program.add("function", value, missing=lacking, called=name)


def selector(model: Any, program: Program, value: Value) -> Value:
    """The features that were chosen."""
    chosen = model.get_support(indices=True).tolist()
    if not chosen:
        raise UnsupportedModelError(f"{type(model).__name__} keeps none of its features")
    return program.select(value, chosen)


def selecting_predictor(model: Any, program: Program, value: Value) -> Outputs:
    """The estimator that was left with the features that were chosen."""
    return program.read_predictor(model.estimator_, selector(model, program, value))


TRANSFORMERS = {
    "sklearn.PolynomialFeatures": polynomial_features,
    "sklearn.SplineTransformer": spline_transformer,
    "sklearn.KBinsDiscretizer": bins_discretizer,
    "sklearn.FunctionTransformer": function_transformer,
    "sklearn.SelectorMixin": selector,
}
PREDICTORS = {"sklearn.RFE": selecting_predictor}
