"""All classes that can be lowered, gathered from the modules of their families.

A class is found by its library and name, along its bases: nothing has to be imported, and a subclass that
only changes how a model is trained is read as its base. Whether the reading is right is not assumed but
proved, on rows, before a bundle ships.

A family is a module with TRANSFORMERS or PREDICTORS (or both): dicts of `library.Class` → reader. A new one
gets its line in FAMILIES below. Readers never look at rows; they write operations (emel_runtime/operations,
docs/reference/model-format.md) into a `Program`:

    def standard_scaler(model, program, value):            # a transformer: value in, value out
        value = program.columnwise("subtract", value, model.mean_)
        return program.columnwise("divide", value, model.scale_)

    def tree_regressor(model, program, value):             # a predictor: value in, Outputs out
        program.note_thresholds(value, splits)             # (position, number) at which the answer changes
        arrays = {"thresholds": program.array("f64", numbers), …}
        return Outputs(value=program.add("forest", value, width=1, arrays=arrays, inputs=value.width, …))

    def voting_classifier(model, program, value):          # a meta-estimator: reads its members
        parts = [program.read_predictor(member, value).probabilities for member in model.estimators_]
        weights = program.array("f64", model.weights)
        average = program.add("average", *parts, arrays={"weights": weights})
        return Outputs(tuple(model.classes_.tolist()), probabilities=average)

* A `Value` has a `width`, and `missing` (may it lack numbers?). `program.add` makes the next one: say its
  `width` where that is not the first input's, `missing=False` after an imputer, `origins=value.origins` where
  each position keeps its order and its unit, and `sparse=True` in what makes sparse values.
* `program.select(value, positions)` and `program.concat(values)` pick and join; `program.is_text(value, p)`
  tells strings from numbers; `program.note_categories(value, p, categories)` notes what a position may equal.
* `Outputs` says which of probabilities, scores (decision_function), label and value there are: give all that
  the class has, as another estimator may need them. What the model's answer does not need is not written.
  `program.label_of(outputs)` is the index of the predicted label.
* What cannot be met exactly is refused with UnsupportedModelError: the class, the reason in one line, a hint.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emel.lowering import (
    bayes,
    boosting,
    catboost,
    categories,
    cluster,
    compose,
    covariance,
    decomposition,
    discriminant,
    dummy,
    ensembles,
    features,
    imputing,
    isotonic,
    kernels,
    lightgbm,
    linear,
    meta,
    mixture,
    neighbors,
    neural,
    scaling,
    several,
    svm,
    text,
    trees,
    xgboost,
)
from emel.lowering.builder import Readers, names_of

FAMILIES: tuple[Any, ...] = (
    bayes,
    boosting,
    catboost,
    categories,
    cluster,
    compose,
    covariance,
    decomposition,
    discriminant,
    dummy,
    ensembles,
    features,
    imputing,
    isotonic,
    kernels,
    lightgbm,
    linear,
    meta,
    mixture,
    neighbors,
    neural,
    scaling,
    several,
    svm,
    text,
    trees,
    xgboost,
)
READERS = Readers(
    transformers={
        name: reader for family in FAMILIES for name, reader in getattr(family, "TRANSFORMERS", {}).items()
    },
    predictors={
        name: reader for family in FAMILIES for name, reader in getattr(family, "PREDICTORS", {}).items()
    },
)
MEMBERS: dict[str, Callable[[Any], list[Any]]] = {
    "sklearn.Pipeline": lambda model: [step for _, step in compose.steps_of(model)],
    "sklearn.ColumnTransformer": lambda model: [
        one for _, one, _ in model.transformers if one not in ("drop", "passthrough")
    ],
    "sklearn.FeatureUnion": lambda model: [one for _, one in model.transformer_list if one != "drop"],
}
"""What a description shows in brackets."""


def describe(model: Any) -> str:
    """The model in short: `Pipeline(StandardScaler, LogisticRegression)`."""
    for name in names_of(model):
        if name in MEMBERS:
            return f"{type(model).__name__}({', '.join(map(describe, MEMBERS[name](model)))})"
    return type(model).__name__
