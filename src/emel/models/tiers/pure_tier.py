"""The pure tier: a lowered model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emel.lowering import Column, Made, lower
from emel.lowering.original import Row


def make(model: Any, columns: Sequence[Column], sample: Sequence[Row], source: Path) -> Made:
    """Errors: UnsupportedModelError, ModelError."""
    lowered = lower(model, columns)
    return Made(lowered.data, lowered.labels, lowered.outputs, lowered.notes, {}, "", {})
