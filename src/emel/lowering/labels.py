"""What a model answers with, where nothing but the model and its answers tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emel.lowering.values import Label


def labels_of(model: Any, predictions: Sequence[Any]) -> tuple[tuple[Any, ...], int]:
    """The labels (none for regression; with several answers a row, those of each), and answers a row.

    `predictions` are Python's own values; a row with several answers is a list.
    """
    several = len(predictions[0]) if isinstance(predictions[0], list) else 0
    classes = getattr(model, "classes_", None)
    if classes is not None and len(classes):
        if not several:
            return tuple(map(_own, classes)), 1
        if hasattr(classes[0], "shape") and classes[0].shape:
            return tuple(tuple(one.tolist()) for one in classes), several
        return ((0, 1),) * several, several
    flat = [value for row in predictions for value in row] if several else list(predictions)
    if _is_regressor(model) or any(isinstance(value, float) for value in flat):
        return (), several or 1
    if several:
        columns = zip(*predictions, strict=True)
        return tuple(tuple(sorted(set(column))) for column in columns), several
    return _groups(model) or tuple(sorted(set(flat))), 1


def _groups(model: Any) -> tuple[Label, ...]:
    """The integers that models without classes give: of outliers, of clusters."""
    if any(base.__name__ == "OutlierMixin" for base in type(model).__mro__):
        return (-1, 1)
    for name in ("cluster_centers_", "means_"):
        if hasattr(model, name):
            return tuple(range(len(getattr(model, name))))
    return ()


def _is_regressor(model: Any) -> bool:
    return any(base.__name__ == "RegressorMixin" for base in type(model).__mro__)


def _own(label: Any) -> Label:
    own: Label = label.item() if hasattr(label, "item") else label
    return own
