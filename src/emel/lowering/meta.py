"""Estimators that combine the answers of others."""

from __future__ import annotations

from typing import Any

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Program
from emel.lowering.values import Outputs, Value


def voting_classifier(model: Any, program: Program, value: Value) -> Outputs:
    """The mean of the members' probabilities."""
    if model.voting != "soft":
        raise UnsupportedModelError(
            "VotingClassifier(voting='hard') has no reader yet", hint="train it with voting='soft'"
        )
    parts = [program.read_predictor(member, value).probabilities for member in model.estimators_]
    return Outputs(tuple(model.classes_.tolist()), probabilities=_average(model, program, parts))


def voting_regressor(model: Any, program: Program, value: Value) -> Outputs:
    """The mean of the members' numbers."""
    parts = [program.read_predictor(member, value).value for member in model.estimators_]
    return Outputs(value=_average(model, program, parts))


def _average(model: Any, program: Program, parts: list[Value | None]) -> Value:
    given = [part for part in parts if part is not None]
    weights = model._weights_not_none or [1.0] * len(given)
    return program.add("average", *given, arrays={"weights": program.array("f64", weights)})


PREDICTORS = {"sklearn.VotingClassifier": voting_classifier, "sklearn.VotingRegressor": voting_regressor}
