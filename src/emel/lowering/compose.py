"""What holds other estimators, and the table of all classes that can be lowered.

A class is found by its library and name, along its bases: nothing has to be imported, and a subclass that
only changes how a model is trained is read as its base. Whether the reading is right is not assumed but
proved, on rows, before a bundle ships.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from emel.errors import UnsupportedModelError
from emel.lowering import linear, scaling, trees
from emel.lowering.builder import Outputs, Program

Reader = Callable[[Any, Program, int], Any]


def read_transformer(model: Any, program: Program, value: int) -> int:
    """Write what `model.transform` does to a value; returns the value that it makes."""
    made: int = _reader(model, TRANSFORMERS)(model, program, value)
    return made


def read_predictor(model: Any, program: Program, value: int) -> Outputs:
    """Write what `model.predict` and `predict_proba` do to a value."""
    outputs: Outputs = _reader(model, PREDICTORS)(model, program, value)
    return outputs


def describe(model: Any) -> str:
    """The model in short: `Pipeline(StandardScaler, LogisticRegression)`."""
    if not _is_pipeline(model):
        return type(model).__name__
    return f"{type(model).__name__}({', '.join(describe(step) for _, step in _steps(model))})"


def _pipeline_transformer(model: Any, program: Program, value: int) -> int:
    for name, step in _steps(model):
        with _inside(name):
            value = read_transformer(step, program, value)
    return value


def _pipeline_predictor(model: Any, program: Program, value: int) -> Outputs:
    *before, (last_name, last) = _steps(model)
    for name, step in before:
        with _inside(name):
            value = read_transformer(step, program, value)
    with _inside(last_name):
        return read_predictor(last, program, value)


def _steps(model: Any) -> list[tuple[str, Any]]:
    return [(name, step) for name, step in model.steps if step is not None and step != "passthrough"]


@contextmanager
def _inside(step: str) -> Iterator[None]:
    """Let an error say in which step of which pipeline it arose."""
    try:
        yield
    except UnsupportedModelError as problem:
        problem.where = f"step {step}, {problem.where}" if problem.where else f"step {step}"
        raise


def _is_pipeline(model: Any) -> bool:
    return "sklearn.Pipeline" in _names(model)


def _reader(model: Any, table: Mapping[str, Reader]) -> Reader:
    for name in _names(model):
        if name in table:
            return table[name]
    kind = type(model)
    raise UnsupportedModelError(
        f"the pure tier cannot take {kind.__module__}.{kind.__qualname__} here",
        hint=f"use one of {', '.join(name.partition('.')[2] for name in table)}",
    )


def _names(model: Any) -> list[str]:
    """`library.Class` of a model and its bases; where in the library a class lives differs by version."""
    return [f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}" for kind in type(model).__mro__]


TRANSFORMERS: Mapping[str, Reader] = {
    "sklearn.StandardScaler": scaling.standard_scaler,
    "sklearn.MinMaxScaler": scaling.min_max_scaler,
    "sklearn.MaxAbsScaler": scaling.max_abs_scaler,
    "sklearn.RobustScaler": scaling.robust_scaler,
    "sklearn.Pipeline": _pipeline_transformer,
}
PREDICTORS: Mapping[str, Reader] = {
    "sklearn.LogisticRegression": linear.logistic_regression,
    "sklearn.SGDClassifier": linear.sgd_classifier,
    "sklearn.RidgeClassifier": linear.decision,
    "sklearn.LinearSVC": linear.decision,
    "sklearn.LinearRegression": linear.regression,
    "sklearn.Ridge": linear.regression,
    "sklearn.ElasticNet": linear.regression,
    "sklearn.Lasso": linear.regression,
    "sklearn.LinearSVR": linear.regression,
    "sklearn.SGDRegressor": linear.regression,
    "sklearn.DecisionTreeClassifier": trees.classifier_tree,
    "sklearn.RandomForestClassifier": trees.classifier_forest,
    "sklearn.ExtraTreesClassifier": trees.classifier_forest,
    "sklearn.DecisionTreeRegressor": trees.regressor_tree,
    "sklearn.RandomForestRegressor": trees.regressor_forest,
    "sklearn.ExtraTreesRegressor": trees.regressor_forest,
    "sklearn.Pipeline": _pipeline_predictor,
}
