"""The onnx tier of what is a graph by itself, or exports one: .onnx files, and modules of PyTorch.

It needs no converter, only onnx and onnxruntime.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import onnx
import onnxruntime

from emel.lowering import Column, Made
from emel.lowering.onnx_graph import engine_of, runtime_requirements
from emel.lowering.original import Original, Row
from emel.lowering.values import Notes


def make(model: Any, columns: Sequence[Column], sample: Sequence[Row], source: Path) -> Made:
    """Errors: UnsupportedModelError for a graph whose inputs or outputs rows do not fit."""
    data = model.graph(len(columns))
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    engine, labels = engine_of(session, onnx.load_from_string(data))
    predictions, _ = Original(model, columns, probabilities=False).answers(sample)
    outputs = len(predictions[0]) if isinstance(predictions[0], list) else 1
    return Made(data, labels, outputs, Notes(set(), set()), engine, runtime_requirements(), {})
