"""scikit-learn's ensembles of any estimators: voting, bagging, AdaBoost and stacking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Program, names_of
from emel.lowering.members import (
    average,
    number_of,
    places_of,
    probabilities_of,
    response_of,
    scattered,
    value_of,
)
from emel.lowering.nodes import Arithmetic, tree_sum
from emel.lowering.trees import mean_of_trees, on_features, tree_of
from emel.lowering.values import Outputs, Value

AS_TREES = Arithmetic(values="f32", infinite=False)


def voting_classifier(model: Any, program: Program, value: Value) -> Outputs:
    """The mean of the members' probabilities, or the label with the most votes, of equal ones the first."""
    labels = tuple(model.classes_.tolist())
    weights = model._weights_not_none
    if model.voting == "soft":
        parts = [probabilities_of(member, program, value) for member in model.estimators_]
        return Outputs(labels, probabilities=average(program, parts, weights))
    votes = [program.label_of(program.read_predictor(member, value)) for member in model.estimators_]
    shares = [1.0] * len(votes) if weights is None else weights
    return Outputs(labels, label=_most(program, _tally(program, votes, shares, [0.0] * len(votes), labels)))


def voting_regressor(model: Any, program: Program, value: Value) -> Outputs:
    """The mean of the members' numbers."""
    parts = [value_of(member, program, value) for member in model.estimators_]
    return Outputs(value=average(program, parts, model._weights_not_none))


def bagging_classifier(model: Any, program: Program, value: Value) -> Outputs:
    """The mean of the members' probabilities, or the share of their votes where they have none."""
    labels = tuple(model.classes_.tolist())
    if all("sklearn.DecisionTreeClassifier" in names_of(member) for member in model.estimators_):
        return Outputs(labels, probabilities=_bag_of_trees(model, program, value, len(labels)))
    parts = []
    for member, features in _members(model):
        picked = program.select(value, features)
        outputs = program.read_predictor(member, picked)
        # Members are trained on the places of the labels, and may have seen some of them only.
        places = [int(place) for place in member.classes_.tolist()]
        if hasattr(member, "predict_proba"):
            shares = response_of(member, outputs, "predict_proba")
        else:
            label = program.label_of(outputs)
            shares = _tally(program, [label], [1.0], [0.0], places)
        parts.append(scattered(program, shares, places, len(labels)))
    return Outputs(labels, probabilities=average(program, parts))


def bagging_regressor(model: Any, program: Program, value: Value) -> Outputs:
    """The mean of the members' numbers."""
    if all("sklearn.DecisionTreeRegressor" in names_of(member) for member in model.estimators_):
        return Outputs(value=_bag_of_trees(model, program, value))
    parts = [
        value_of(member, program, program.select(value, features)) for member, features in _members(model)
    ]
    return Outputs(value=average(program, parts))


def ada_boost_classifier(model: Any, program: Program, value: Value) -> Outputs:
    """Weighted votes, where a vote for one class counts against all others (SAMME)."""
    if getattr(model, "algorithm", "SAMME") == "SAMME.R":
        raise UnsupportedModelError(
            "AdaBoostClassifier(algorithm='SAMME.R') has no reader", hint="train it with algorithm='SAMME'"
        )
    labels = tuple(model.classes_.tolist())
    weights = model.estimator_weights_.tolist()[: len(model.estimators_)]
    others = [-1 / (len(labels) - 1) * weight for weight in weights]
    if all("sklearn.DecisionTreeClassifier" in names_of(member) for member in model.estimators_):
        votes = _votes_of_trees(model, program, value, weights, others)
    else:
        indexes = []
        for member in model.estimators_:
            label = program.label_of(program.read_predictor(member, value))
            indexes.append(_placed(program, label, places_of(member.classes_.tolist(), labels)))
        votes = _tally(program, indexes, weights, others, labels)
    votes = program.columnwise("divide", votes, [float(model.estimator_weights_.sum())] * votes.width)
    if len(labels) > 2:
        shares = program.add("softmax", program.columnwise("divide", votes, [len(labels) - 1] * votes.width))
        return Outputs(labels, probabilities=shares, scores=votes)
    arrays = {
        "coefficients": program.array("f64", [-1.0, 1.0], (1, 2)),
        "intercepts": program.array("f64", [0.0]),
    }
    score = program.add("linear", votes, width=1, arrays=arrays)
    halves = program.columnwise("divide", program.add("mirror", score, width=2), [2.0, 2.0])
    return Outputs(labels, probabilities=program.add("softmax", halves), scores=score)


def ada_boost_regressor(model: Any, program: Program, value: Value) -> Outputs:
    """The weighted median of the members' numbers."""
    members = model.estimators_
    if all("sklearn.DecisionTreeRegressor" in names_of(member) for member in members):
        trees = [tree_of(member.tree_, member.tree_.value[:, 0, :1].tolist()) for member in members]
        numbers = tree_sum(program, value, trees, range(len(trees)), [0.0] * len(trees), AS_TREES)
    else:
        numbers = program.concat([value_of(member, program, value) for member in members])
    weights = program.array("f64", model.estimator_weights_.tolist()[: len(members)])
    return Outputs(value=program.add("weighted_median", numbers, width=1, arrays={"weights": weights}))


def stacking_classifier(model: Any, program: Program, value: Value) -> Outputs:
    """The last estimator, on what the others answer."""
    if isinstance(model._label_encoder, list):
        raise UnsupportedModelError("StackingClassifier has several targets", hint="train one per target")
    outputs = _stacked(model, program, value, binary=len(model.classes_) == 2)
    return outputs._replace(labels=tuple(model.classes_.tolist()))


def stacking_regressor(model: Any, program: Program, value: Value) -> Outputs:
    """The last estimator, on what the others answer."""
    return _stacked(model, program, value, binary=False)


def _stacked(model: Any, program: Program, value: Value, *, binary: bool) -> Outputs:
    parts = []
    for member, method in zip(model.estimators_, model.stack_method_, strict=True):
        with program.inside(type(member).__name__):
            outputs = program.read_predictor(member, value)
            if method == "predict":
                parts.append(number_of(outputs, program))
                continue
            response = response_of(member, outputs, method)
            # Of two probabilities that add up to one the first says nothing.
            parts.append(program.select(response, [1]) if binary and response.width == 2 else response)
    joined = program.concat([*parts, value] if model.passthrough else parts)
    return program.read_predictor(model.final_estimator_, joined)


def _members(model: Any) -> list[tuple[Any, list[int]]]:
    return [
        (member, [int(feature) for feature in features])
        for member, features in zip(model.estimators_, model.estimators_features_, strict=True)
    ]


def _bag_of_trees(model: Any, program: Program, value: Value, labels: int = 0) -> Value:
    """The same mean as one forest, which walks its trees in a sixth of the time; `labels` of a classifier."""
    trees = []
    for member, features in _members(model):
        leaves = member.tree_.value[:, 0, :].tolist() if labels else member.tree_.value[:, :, 0].tolist()
        if labels and len(member.classes_) < labels:
            # Members are trained on the places of the labels, and may have seen some of them only.
            places = [int(place) for place in member.classes_.tolist()]
            shares = [dict(zip(places, leaf, strict=True)) for leaf in leaves]
            leaves = [[each.get(place, 0.0) for place in range(labels)] for each in shares]
        trees.append(on_features(tree_of(member.tree_, leaves), features))
    return mean_of_trees(program, value, trees)


def _votes_of_trees(
    model: Any, program: Program, value: Value, weights: Sequence[float], others: Sequence[float]
) -> Value:
    """The same votes, each written into the leaves of its tree."""
    labels = model.classes_.tolist()
    trees = []
    for member, own, other in zip(model.estimators_, weights, others, strict=True):
        places = places_of(member.classes_.tolist(), labels)
        chosen = [places[row.index(max(row))] for row in member.tree_.value[:, 0, :].tolist()]
        leaves = [[own if place == one else other for place in range(len(labels))] for one in chosen]
        trees.append(tree_of(member.tree_, leaves))
    start = [0.0] * len(labels)
    return tree_sum(program, value, trees, [0] * len(trees), start, AS_TREES, width=len(labels))


def _tally(
    program: Program,
    votes: Sequence[Value],
    weights: Sequence[float],
    others: Sequence[float],
    labels: Sequence[Any],
) -> Value:
    arrays = {"weights": program.array("f64", weights), "others": program.array("f64", others)}
    return program.add("tally", *votes, width=len(labels), arrays=arrays, outputs=len(labels))


def _placed(program: Program, label: Value, places: Sequence[int]) -> Value:
    if list(places) == list(range(len(places))):
        return label
    return program.add("lookup", label, arrays={"numbers": program.array("f64", places)})


def _most(program: Program, counts: Value) -> Value:
    return program.add("argmax", counts, width=1)


PREDICTORS = {
    "sklearn.VotingClassifier": voting_classifier,
    "sklearn.VotingRegressor": voting_regressor,
    "sklearn.BaggingClassifier": bagging_classifier,
    "sklearn.BaggingRegressor": bagging_regressor,
    "sklearn.AdaBoostClassifier": ada_boost_classifier,
    "sklearn.AdaBoostRegressor": ada_boost_regressor,
    "sklearn.StackingClassifier": stacking_classifier,
    "sklearn.StackingRegressor": stacking_regressor,
}
