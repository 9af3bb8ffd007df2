"""How a fitted model was given its columns in training, where that is not as pandas.read_csv gives them.

This is found in the fitted objects themselves: scikit-learn's, LightGBM's, XGBoost's and CatBoost's.
"""

from __future__ import annotations

import re
from json import loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    Habits = dict[str, "Known | None"]


class Known:
    """The categories of pandas that a model was trained on, in their order."""

    __slots__ = ("categories", "strict")

    def __init__(self, categories: Sequence[Any], *, strict: bool) -> None:
        self.categories = list(categories)
        self.strict = strict
        """Whether no other may be asked about. XGBoost 3.2 takes some for one of its own: for 'ab' that
        which follows in the order; the rest it refuses."""


def habits(model: Any, names: Sequence[str]) -> Habits:
    """By column: the categories that it was trained on; or None for a column of objects, in which None is
    what stands for a missing value. All other columns have NaN for it.

    `names` are those of the model's columns, in its order.
    """
    if hasattr(model, "best_estimator_"):
        return habits(model.best_estimator_, names)
    if hasattr(model, "steps"):
        return _of_steps([step for _, step in model.steps if step not in (None, "passthrough")], names)
    if hasattr(model, "transformers_"):
        return _of_columns(model, names)
    members = [*_listed(model, "estimators_"), *(one for _, one in _listed(model, "transformer_list"))]
    found: Habits = {}
    for one in [*members, getattr(model, "_preprocessor", None)]:
        if getattr(one, "n_features_in_", None) == len(names):
            found |= habits(one, names)
    return found or _of_booster(model, names) or _of_transformer(model, names)


def _listed(model: Any, attribute: str) -> list[Any]:
    held = getattr(model, attribute, None)
    return held if isinstance(held, list) else []


def _of_steps(steps: Sequence[Any], names: Sequence[str]) -> Habits:
    """Those of the first step; an imputer hands on what it does not fill."""
    found: Habits = {}
    for step in steps:
        found |= habits(step, names)
        if type(step).__name__ != "SimpleImputer":
            break
    return found


def _of_columns(model: Any, names: Sequence[str]) -> Habits:
    places: Mapping[str, Sequence[int]] = getattr(model, "_transformer_to_input_indices", {})
    found: Habits = {}
    for name, one, _ in model.transformers_:
        if one not in ("drop", "passthrough"):
            found |= habits(one, [names[place] for place in places.get(name, ())])
    return found


def _of_transformer(model: Any, names: Sequence[str]) -> Habits:
    """None as a category of an encoder, or as what an imputer fills."""
    if "missing_values" in getattr(model, "__dict__", ()):
        return dict.fromkeys(names) if model.missing_values is None else {}
    found: Habits = {}
    for name, known in zip(names, _categories(model)):  # noqa: B905
        # Where both are categories, a missing value is NaN.
        if any(one is None for one in known) and not any(one != one for one in known):
            found[name] = None
    return found


def _categories(model: Any) -> list[list[Any]]:
    known = getattr(model, "categories_", None)
    return [each.tolist() for each in known] if isinstance(known, list) else []


def _of_booster(model: Any, names: Sequence[str]) -> Habits:
    library = type(model).__module__.partition(".")[0]
    if library == "lightgbm":
        return _of_lightgbm(getattr(model, "booster_", model), names)
    if library == "xgboost":
        return _of_xgboost(model.get_booster() if hasattr(model, "get_booster") else model, names)
    if library == "catboost":
        return {names[place]: None for place in model.get_cat_feature_indices()}
    return {}


def _of_lightgbm(booster: Any, names: Sequence[str]) -> Habits:
    if not booster.pandas_categorical:
        return {}
    places = lightgbm_categories(booster)
    known = [Known(each, strict=False) for each in booster.pandas_categorical]
    return {names[place]: each for place, each in zip(places, known)}  # noqa: B905


def lightgbm_categories(booster: Any) -> list[int]:
    """The columns that a LightGBM booster took for categorical; ordered categories of pandas are numbers to
    it, unless it was told otherwise."""
    told = re.search(r"\[categorical_feature: ([\d,]*)\]", booster.model_to_string(num_iteration=1))
    return [int(place) for place in told[1].split(",") if place] if told else []


def _of_xgboost(booster: Any, names: Sequence[str]) -> Habits:
    if "c" not in (booster.feature_types or ()):
        return {}
    kept = loads(bytes(booster.save_raw("json")))["learner"]["gradient_booster"]
    known = xgboost_categories(kept)
    if not legible(known):
        return {}
    return {name: Known(each, strict=True) for name, each in zip(names, known) if each}  # noqa: B905


def xgboost_categories(kept: Mapping[str, Any]) -> list[list[Any]]:
    """Per column the categories of pandas in XGBoost's own JSON, none for numbers (from version 3.1 on)."""
    kept = kept.get("gbtree", kept)
    return [_decoded(each) for each in kept.get("model", {}).get("cats", {}).get("enc", ())]


def legible(known: Sequence[Sequence[Any]]) -> bool:
    """Whether XGBoost kept the categories whole: of strings beyond ASCII it keeps as many bytes as they have
    characters."""
    return all(not isinstance(one, str) or one.isascii() for each in known for one in each)


def _decoded(known: Mapping[str, Any]) -> list[Any]:
    """Numbers, or strings: signed bytes of UTF-8 with the place where each begins, and the end."""
    values, starts = known["values"], known.get("offsets")
    if starts is None:
        return list(values)
    data = bytes([byte % 256 for byte in values])
    ends = starts[1:]
    return [data[start:end].decode(errors="replace") for start, end in zip(starts, ends)]  # noqa: B905
