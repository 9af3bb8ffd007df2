"""Files of skops, which hold the names of classes and their state, and no code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from skops import io

from emel.errors import ModelError

HARMLESS = frozenset(
    {
        "collections.OrderedDict",
        "lightgbm.basic.Booster",
        "lightgbm.sklearn.LGBMClassifier",
        "lightgbm.sklearn.LGBMRegressor",
        "xgboost.core.Booster",
        "xgboost.sklearn.XGBClassifier",
        "xgboost.sklearn.XGBRegressor",
    }
)
"""Besides those that skops itself trusts."""


def read(path: Path, *, trusted: bool) -> Any:
    """The object in the file. One that is not `trusted` may name no class but those known to be harmless:
    a class of the file's choice, once imported, could run code. Errors: ModelError."""
    foreign = io.get_untrusted_types(file=path)
    odd = sorted(set(foreign) - HARMLESS)
    if odd and not trusted:
        raise ModelError(
            f"loading the file needs classes that could run code: {', '.join(odd)}",
            hint="leave these classes out of the model, or allow pickles",
        )
    return io.load(path, trusted=foreign)
