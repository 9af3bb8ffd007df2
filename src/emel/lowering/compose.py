"""Estimators that send values through others: pipelines, and transformers of some columns each."""

from __future__ import annotations

from typing import Any

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Program
from emel.lowering.values import Outputs, Value

NOTHING = ("passthrough", None)


def pipeline_transformer(model: Any, program: Program, value: Value) -> Value:
    """One step after another."""
    for name, step in steps_of(model):
        with program.inside(name):
            value = program.read_transformer(step, value)
    return value


def pipeline_predictor(model: Any, program: Program, value: Value) -> Outputs:
    """The steps before the last, and then that."""
    *before, (last_name, last) = steps_of(model)
    for name, step in before:
        with program.inside(name):
            value = program.read_transformer(step, value)
    with program.inside(last_name):
        return program.read_predictor(last, value)


def steps_of(model: Any) -> list[tuple[str, Any]]:
    """The steps of a pipeline that do something."""
    return [(name, step) for name, step in model.steps if step not in NOTHING]


def column_transformer(model: Any, program: Program, value: Value) -> Value:
    """Each transformer on its positions, the results side by side; the remainder comes last.

    Names, dtypes and callables were made positions when it was fitted.
    """
    weights = model.transformer_weights or {}
    parts = []
    for name, transformer, _ in model.transformers_:
        positions = list(model._transformer_to_input_indices.get(name, ()))
        if transformer == "drop" or not positions:
            continue
        with program.inside(name):
            picked = program.select(value, positions)
            part = picked if transformer in NOTHING else program.read_transformer(transformer, picked)
        parts.append(_weighted(program, part, weights.get(name)))
    if not parts:
        raise UnsupportedModelError("ColumnTransformer keeps none of its columns")
    return program.concat(parts)._replace(matrix=model.sparse_output_)


def feature_union(model: Any, program: Program, value: Value) -> Value:
    """All transformers on the same value, the results side by side."""
    weights = model.transformer_weights or {}
    parts = []
    for name, transformer in model.transformer_list:
        if transformer == "drop":
            continue
        with program.inside(name):
            part = value if transformer in NOTHING else program.read_transformer(transformer, value)
        parts.append(_weighted(program, part, weights.get(name)))
    if not parts:
        raise UnsupportedModelError("FeatureUnion keeps none of its transformers")
    return program.concat(parts)


def _weighted(program: Program, value: Value, weight: float | None) -> Value:
    return value if weight is None else program.columnwise("multiply", value, [weight] * value.width)


TRANSFORMERS = {
    "sklearn.Pipeline": pipeline_transformer,
    "sklearn.ColumnTransformer": column_transformer,
    "sklearn.FeatureUnion": feature_union,
}
PREDICTORS = {"sklearn.Pipeline": pipeline_predictor}
