"""A small artifact, lowered by hand: a linear classifier over two columns."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emel.lowering.builder import Program
from emel.lowering.values import Column as Input
from emel.lowering.values import Outputs
from emel.records import Artifact, Column, Signature
from emel.system.files import sha256_of
from emel_runtime.pure import load

ROWS = [[float(one), float(two)] for one in range(-3, 4) for two in range(-3, 4)]


@pytest.fixture
def make_artifact(tmp_path: Path) -> Callable[..., Artifact]:
    """Write model.emel and answers.json; `changes` go into the answers, to make them wrong."""

    def make(labels: tuple[Any, ...] = ("no", "yes"), targets: int = 1, **changes: Any) -> Artifact:
        folder = tmp_path / "artifact"
        folder.mkdir(exist_ok=True)
        program = Program([Input("a"), Input("b")])
        arrays = {
            "coefficients": program.array("f64", [1.0, -0.5], (1, 2)),
            "intercepts": program.array("f64", [0.25]),
        }
        scores = program.add("linear", program.row, width=1, arrays=arrays)
        outputs = Outputs(value=scores)
        if targets > 1:
            parts = [Outputs(one, scores=scores) for one in labels] or [outputs] * targets
            outputs = Outputs(parts=tuple(parts))
        elif labels:
            both = program.add("complement", program.add("logistic", scores), width=2)
            outputs = Outputs(labels, scores=scores, probabilities=both)
        data = program.encode(outputs)
        (folder / "model.emel").write_bytes(data)
        predictions, probabilities = load(data).answer(ROWS)
        answers = {
            "columns": ["a", "b"],
            "rows": ROWS,
            "sample_rows": 40,
            "labels": labels or None,
            "predictions": predictions,
            "probabilities": probabilities,
            **changes,
        }
        (folder / "answers.json").write_text(json.dumps(answers))
        return Artifact(
            name="small",
            tier="pure",
            reason="",
            description="Linear",
            file=folder / "model.emel",
            digest=sha256_of(folder / "model.emel"),
            source_digest="sha256:0",
            signature=Signature(
                columns=tuple(Column(name=name, type="float", minimum=-3.0, maximum=3.0) for name in "ab"),
                task="classification" if labels else "regression",
                labels=labels,
                outputs=targets,
            ),
            libraries={"scikit-learn": "0"},
            answers=folder / "answers.json",
        )

    return make
