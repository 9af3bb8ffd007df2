"""scikit-learn's boosting and isolation forests: trees whose leaves are added up."""

from __future__ import annotations

from math import exp, fsum, log
from typing import Any

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Program, names_of
from emel.lowering.nodes import Arithmetic, Tree, tree_sum
from emel.lowering.trees import PREDICTORS as FORESTS
from emel.lowering.trees import on_features, tree_of
from emel.lowering.values import Outputs, Value

AS_TREES = Arithmetic(values="f32", infinite=False)
"""Inputs rounded to float32 beside float64 thresholds, as in all of scikit-learn's own trees."""
EXACT_ON_SINGLES = {
    *FORESTS,
    "sklearn.HistGradientBoostingClassifier",
    "sklearn.HistGradientBoostingRegressor",
}
"""What gives the same numbers for rows in float32 and in float64; all else computes in what it is given."""
EPSILON = 2.0**-52
EULER = 0.5772156649015329


def gradient_boosting_classifier(model: Any, program: Program, value: Value) -> Outputs:
    """Logistic function or softmax of the sum; the exponential loss has twice the score inside."""
    scores = _raw(model, program, value)
    labels = tuple(model.classes_.tolist())
    if scores.width > 1:
        return Outputs(labels, scores=scores, probabilities=program.add("softmax", scores))
    inner = program.columnwise("multiply", scores, [2.0]) if model.loss == "exponential" else scores
    shares = program.add("complement", program.add("logistic", inner), width=2)
    # `predict` gives the second class a score of zero, where others give it to the first.
    label = program.add("not_negative", scores)
    return Outputs(labels, probabilities=shares, scores=scores, label=label)


def gradient_boosting_regressor(model: Any, program: Program, value: Value) -> Outputs:
    """The sum itself, whatever the loss."""
    return Outputs(value=_raw(model, program, value))


def isolation_forest(model: Any, program: Program, value: Value) -> Outputs:
    """1 for what lies deep in the trees, -1 for outliers."""
    whole = len(model.estimators_) * _path_length(model._max_samples)
    if not whole:
        raise UnsupportedModelError("IsolationForest was trained on one row a tree", hint="give it more rows")
    parts = []
    for place, (member, features) in enumerate(
        zip(model.estimators_, model.estimators_features_, strict=True)
    ):
        paths, inner = model._decision_path_lengths[place], model._average_path_length_per_tree[place]
        depths = [[path + length - 1.0] for path, length in zip(paths.tolist(), inner.tolist(), strict=True)]
        parts.append(on_features(tree_of(member.tree_, depths), features))
    depth = tree_sum(program, value, parts, [0] * len(parts), [0.0], AS_TREES)
    power = program.add("power_of_two", program.columnwise("divide", depth, [-whole]))
    scores = program.columnwise("subtract", program.columnwise("multiply", power, [-1.0]), [model.offset_])
    return Outputs((-1, 1), scores=scores, label=program.add("not_negative", scores))


def _raw(model: Any, program: Program, value: Value) -> Value:
    """The sum before the link. Leaves are multiplied with the learning rate here, as later in each sum."""
    trees, targets = [], []
    for stage in model.estimators_.tolist():
        for target, member in enumerate(stage):
            scaled = (member.tree_.value[:, 0, :1] * model.learning_rate).tolist()
            trees.append(tree_of(member.tree_, scaled))
            targets.append(target)
    width = len(model.estimators_[0])
    return tree_sum(program, value, trees, targets, _start(model, program, value, width), AS_TREES)


def _start(model: Any, program: Program, value: Value, width: int) -> list[float] | Value:
    init = model.init_
    if isinstance(init, str):
        return [0.0] * width
    classes = hasattr(model, "classes_")
    if any(name in ("sklearn.DummyClassifier", "sklearn.DummyRegressor") for name in names_of(init)):
        if not classes:
            return [float(number) for number in init.constant_.ravel()]
        if init.strategy == "prior":
            return _linked(model, [float(share) for share in init.class_prior_])
    if not any(name in EXACT_ON_SINGLES for name in names_of(init)):
        raise UnsupportedModelError(
            f"{type(model).__name__} begins with {type(init).__name__}, which then computes in float32",
            hint="train it with init=None or init='zero'",
        )
    # The first estimator is handed the rows as the trees see them.
    outputs = program.read_predictor(init, program.add("single", value, origins=value.origins))
    if not classes and outputs.value is not None:
        return outputs.value
    assert outputs.probabilities is not None, "classifiers made of trees have probabilities"
    shares = program.add("clip", outputs.probabilities, low=EPSILON, high=1.0 - EPSILON)
    if width > 1:
        return program.add("centered_logarithms", shares)
    score = program.add("log_odds", program.select(shares, [1]))
    return program.columnwise("multiply", score, [0.5]) if model.loss == "exponential" else score


def _linked(model: Any, shares: list[float]) -> list[float]:
    """The scores that have these probabilities."""
    inner = [min(max(share, EPSILON), 1.0 - EPSILON) for share in shares]
    if len(inner) > 2:
        mean = exp(fsum(log(share) for share in inner) / len(inner))
        return [log(share / mean) for share in inner]
    score = log(inner[1] / (1.0 - inner[1]))
    return [0.5 * score if model.loss == "exponential" else score]


def _path_length(rows: int) -> float:
    """The mean depth of a random search tree of so many rows."""
    if rows <= 2:
        return 1.0 if rows == 2 else 0.0
    return 2.0 * (log(rows - 1.0) + EULER) - 2.0 * (rows - 1.0) / rows


def hist_classifier(model: Any, program: Program, value: Value) -> Outputs:
    """Logistic function or softmax of the sum."""
    scores = _hist_raw(model, program, value)
    labels = tuple(model.classes_.tolist())
    if scores.width > 1:
        return Outputs(labels, scores=scores, probabilities=program.add("softmax", scores))
    shares = program.add("complement", program.add("logistic", scores), width=2)
    return Outputs(labels, scores=scores, probabilities=shares)


def hist_regressor(model: Any, program: Program, value: Value) -> Outputs:
    """The sum, and its exponential for losses of counts and sizes."""
    raw = _hist_raw(model, program, value)
    if model.loss in ("poisson", "gamma"):
        return Outputs(value=program.add("exponential", raw))
    return Outputs(value=raw)


def _hist_raw(model: Any, program: Program, value: Value) -> Value:
    if model._preprocessor is not None:
        value = _encoded(model, program, value)
    known, places = model._bin_mapper.make_known_categories_bitsets()
    codes = [_codes(bits) for bits in known.tolist()]
    trees, targets = [], []
    for stage in model._predictors:
        for target, predictor in enumerate(stage):
            trees.append(_hist_tree(predictor, codes, places.tolist()))
            targets.append(target)
    start = [float(number) for number in model._baseline_prediction.ravel()]
    return tree_sum(program, value, trees, targets, start, Arithmetic(values="f64"))


def _encoded(model: Any, program: Program, value: Value) -> Value:
    """Categories as their numbers first, and then the rest; unknown ones become missing."""
    encoder = model._preprocessor.named_transformers_["encoder"]
    picked = model.is_categorical_.tolist()
    chosen = [place for place, categorical in enumerate(picked) if categorical]
    rest = [place for place, categorical in enumerate(picked) if not categorical]
    parts = [program.read_transformer(encoder, program.select(value, chosen))._replace(missing=True)]
    return program.concat([*parts, program.select(value, rest)] if rest else parts)


def _hist_tree(predictor: Any, known: list[list[int]], places: list[int]) -> Tree:
    nodes = predictor.nodes
    lefts, rights = nodes["left"].tolist(), nodes["right"].tolist()
    features, gaps = nodes["feature_idx"].tolist(), nodes["missing_go_to_left"].tolist()
    left_codes = [_codes(bits) for bits in predictor.raw_left_cat_bitsets.tolist()]
    members = {}
    sets = zip(nodes["is_categorical"].tolist(), nodes["bitset_idx"].tolist(), strict=True)
    for node, (categorical, index) in enumerate(sets):
        if not categorical or nodes["is_leaf"][node]:
            continue
        members[node] = left_codes[index]
        if gaps[node]:
            # An unknown category goes where a missing value does: the known ones on the right are named.
            lefts[node], rights[node], gaps[node] = rights[node], lefts[node], 0
            members[node] = sorted(set(known[places[features[node]]]) - set(left_codes[index]))
    for node, leaf in enumerate(nodes["is_leaf"].tolist()):
        lefts[node] = -1 if leaf else lefts[node]
    thresholds, values = nodes["num_threshold"].tolist(), [[number] for number in nodes["value"].tolist()]
    return Tree(lefts, rights, features, thresholds, gaps, values, members)


def _codes(words: list[int]) -> list[int]:
    """The numbers in a set of bits, 32 a word."""
    return [place * 32 + bit for place, word in enumerate(words) for bit in range(32) if word >> bit & 1]


PREDICTORS = {
    "sklearn.GradientBoostingClassifier": gradient_boosting_classifier,
    "sklearn.GradientBoostingRegressor": gradient_boosting_regressor,
    "sklearn.HistGradientBoostingClassifier": hist_classifier,
    "sklearn.HistGradientBoostingRegressor": hist_regressor,
    "sklearn.IsolationForest": isolation_forest,
}
