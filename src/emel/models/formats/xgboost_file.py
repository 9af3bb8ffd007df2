"""XGBoost's models in JSON and UBJ."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import xgboost

ESTIMATORS = {
    "classifier": xgboost.XGBClassifier,
    "regressor": xgboost.XGBRegressor,
    "ranker": xgboost.XGBRanker,
}


def read(path: Path, *, trusted: bool) -> Any:
    """The estimator of the scikit-learn API that saved the file, or else the booster in it."""
    booster = xgboost.Booster()
    with warnings.catch_warnings():
        # It guesses what .bst and other names hold, rightly, and says so.
        warnings.simplefilter("ignore")
        booster.load_model(path)
    told = json.loads(booster.attr("scikit_learn") or "{}")
    estimator = ESTIMATORS.get(told.get("_estimator_type", ""))
    if estimator is None:
        return booster
    model = estimator()
    model.load_model(path)
    return model
