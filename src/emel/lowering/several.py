"""Many classes of estimators for two, and many targets of estimators for one."""

from __future__ import annotations

from typing import Any

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Program
from emel.lowering.members import above, binary_response, number_of, response_of
from emel.lowering.values import Outputs, Value


def one_versus_rest(model: Any, program: Program, value: Value) -> Outputs:
    """One estimator per class; the surest one is right, or with several labels a row all that are sure."""
    answers = [(member, program.read_predictor(member, value)) for member in model.estimators_]
    responses = [binary_response(member, outputs, program) for member, outputs in answers]
    if model.multilabel_:
        return Outputs(
            parts=tuple(
                Outputs((0, 1), label=above(program, response, limit)) for response, limit in responses
            )
        )
    labels = tuple(model.classes_.tolist())
    shares = [outputs.probabilities for _, outputs in answers]
    scores = [outputs.scores for _, outputs in answers]
    probabilities = _proportions(program, [share for share in shares if share is not None])
    decisions = program.concat([score for score in scores if score is not None]) if all(scores) else None
    joined = program.concat([response for response, _ in responses])
    single = len(responses) == 1
    label = above(program, joined, responses[0][1]) if single else program.add("argmax", joined, width=1)
    return Outputs(labels, probabilities if all(shares) else None, decisions, label)


def _proportions(program: Program, shares: list[Value]) -> Value | None:
    if not shares:
        return None
    each = program.concat([program.select(share, [1]) for share in shares])
    if each.width == 1:
        each = program.add("complement", each, width=2)
    return program.add("proportions", each)


def one_versus_one(model: Any, program: Program, value: Value) -> Outputs:
    """One estimator per pair of classes, and their votes."""
    if model.pairwise_indices_ is not None:
        raise UnsupportedModelError("OneVsOneClassifier of a precomputed kernel takes no rows")
    votes, sure, limit = [], [], 0.0
    for member in model.estimators_:
        outputs = program.read_predictor(member, value)
        response, limit = binary_response(member, outputs, program)
        votes.append(number_of(outputs, program))
        sure.append(response)
    labels = tuple(model.classes_.tolist())
    scores = program.add(
        "pair_scores", program.concat(votes), program.concat(sure), width=len(labels), classes=len(labels)
    )
    if len(labels) > 2:
        return Outputs(labels, scores=scores)
    score = program.select(scores, [1])
    return Outputs(labels, scores=score, label=above(program, score, limit))


def output_code(model: Any, program: Program, value: Value) -> Outputs:
    """The class whose code is nearest to what the members answer."""
    members = [(member, program.read_predictor(member, value)) for member in model.estimators_]
    code = program.concat([binary_response(member, outputs, program)[0] for member, outputs in members])
    points = program.array("f64", model.code_book_)
    label = program.add("closest", code, arrays={"points": points}, width=1, inputs=code.width)
    return Outputs(tuple(model.classes_.tolist()), label=label)


def constant_class(model: Any, program: Program, value: Value) -> Outputs:
    """What stands for a class that all rows have, or none."""
    share = float(model.y_[0])
    scores = _constant(program, value, [share])
    return Outputs((0, 1), _constant(program, value, [1.0 - share, share]), scores)


def _constant(program: Program, value: Value, numbers: list[float]) -> Value:
    arrays = {"values": program.array("f64", numbers)}
    return program.add("constant", value, width=len(numbers), arrays=arrays, missing=False)


def multi_output_regressor(model: Any, program: Program, value: Value) -> Outputs:
    """One estimator per target."""
    numbers = [number_of(program.read_predictor(member, value), program) for member in model.estimators_]
    return Outputs(value=program.concat(numbers))


def multi_output_classifier(model: Any, program: Program, value: Value) -> Outputs:
    """One estimator per target."""
    return Outputs(parts=tuple(program.read_predictor(member, value) for member in model.estimators_))


def regressor_chain(model: Any, program: Program, value: Value) -> Outputs:
    """One estimator per target, each of which gets the answers before it."""
    numbers: list[Value] = []
    for member in model.estimators_:
        outputs = program.read_predictor(member, program.concat([value, *numbers]))
        numbers.append(number_of(outputs, program))
    return Outputs(value=program.select(program.concat(numbers), _places(model)))


def classifier_chain(model: Any, program: Program, value: Value) -> Outputs:
    """The same for labels, which it gives as floats, whatever they were."""
    fed: list[Value] = []
    parts = []
    for member in model.estimators_:
        outputs = program.read_predictor(member, program.concat([value, *fed]))
        fed.append(_link(model, member, outputs, program))
        labels = tuple(float(label) for label in outputs.labels)
        parts.append(Outputs(labels, label=program.label_of(outputs)))
    return Outputs(parts=tuple(parts[place] for place in _places(model)))


def _link(model: Any, member: Any, outputs: Outputs, program: Program) -> Value:
    method = model.chain_method_
    if method == "predict":
        return number_of(outputs, program)
    if method not in ("predict_proba", "decision_function"):
        raise UnsupportedModelError(f"ClassifierChain(chain_method={method!r}) has no reader")
    response = response_of(member, outputs, method)
    return response if response.width == 1 else program.select(response, [1])


def _places(model: Any) -> list[int]:
    order = [int(target) for target in model.order_]
    return [order.index(target) for target in range(len(order))]


PREDICTORS = {
    "sklearn.OneVsRestClassifier": one_versus_rest,
    "sklearn.OneVsOneClassifier": one_versus_one,
    "sklearn.OutputCodeClassifier": output_code,
    "sklearn._ConstantPredictor": constant_class,
    "sklearn.MultiOutputRegressor": multi_output_regressor,
    "sklearn.MultiOutputClassifier": multi_output_classifier,
    "sklearn.RegressorChain": regressor_chain,
    "sklearn.ClassifierChain": classifier_chain,
}
