"""CatBoost's models in its binary format and in JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import catboost

CLASSIFYING = ("Logloss", "CrossEntropy", "MultiClass", "MultiClassOneVsAll")
"""The losses whose models predict labels."""


def read(path: Path, *, trusted: bool) -> Any:
    """The model, as a classifier or a regressor by the loss that it was trained with."""
    kind = "json" if path.suffix.lower() == ".json" else "cbm"
    model = catboost.CatBoost().load_model(str(path), format=kind)
    params = json.loads(dict(model.get_metadata()).get("params", "{}"))
    loss = str(params.get("loss_function", {}).get("type", ""))
    estimator = catboost.CatBoostClassifier if loss in CLASSIFYING else catboost.CatBoostRegressor
    return estimator().load_model(str(path), format=kind)
