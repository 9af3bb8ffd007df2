"""A fresh function to its first answer, beside a bare interpreter and scikit-learn, in one run.

    python bench/cold_start.py

Trains two models on the breast cancer data (on arrays, so that scikit-learn need not import pandas), makes
their bundles and prints a Markdown table. Ratios of one run may be compared; absolute times of two may not.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import joblib
import msgspec
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from emel import bundle, models
from emel.records import Answers
from emel.system.process import SystemProcess
from emel_runtime.pure import load
from original import first_answer

ROUNDS = 15
MODELS: dict[str, Any] = {
    "scaler + logistic regression": make_pipeline(StandardScaler(), LogisticRegression()),
    "random forest, 100 trees": RandomForestClassifier(100, random_state=0),
}
HEAD = ("", "start → first answer", "× bare", "CPU", "peak memory", "zip", "engine, 1 row", "call, 1 row")


def main() -> None:
    """Print the table."""
    print(f"Python {sys.version.split()[0]}, medians of {ROUNDS} rounds in turn (scikit-learn: 3)\n")
    print("| " + " | ".join(HEAD) + " |")
    print("|---" * len(HEAD) + "|")
    for name, model in MODELS.items():
        with tempfile.TemporaryDirectory() as folder:
            for line in measured(name, model, Path(folder)):
                print("| " + " | ".join(line) + " |", flush=True)


def measured(name: str, model: Any, folder: Path) -> list[tuple[str, ...]]:
    """The lines of one model: the function, scikit-learn, and the interpreter that both are held against."""
    x, y = load_breast_cancer(return_X_y=True)
    joblib.dump(model.fit(x[:400], y[:400]), folder / "model.joblib")
    header = ",".join(f"c{place}" for place in range(x.shape[1]))
    np.savetxt(folder / "sample.csv", x[400:], delimiter=",", header=header, comments="", fmt="%.17g")
    process = SystemProcess()
    artifact = models.prepare(
        name="bench",
        model=folder / "model.joblib",
        sample=folder / "sample.csv",
        target=None,
        tier="pure",
        workdir=folder / "work",
        process=process,
    )
    built = bundle.build(artifact, version="v0.0.1", commit=None, output=folder / "f.zip", process=process)
    parity = bundle.check_parity(built.path, artifact.answers, tolerance=1e-12, process=process)
    assert parity.ok, parity
    cold = bundle.measure_cold_start(built.path, artifact.answers, process=process, rounds=ROUNDS)
    original = first_answer(folder / "model.joblib", artifact.answers)
    answers = msgspec.json.decode(artifact.answers.read_bytes(), type=Answers)
    rows: Any = [list(row) for row in answers.rows[: answers.sample_rows]]
    lowered = load(artifact.file.read_bytes())
    bare = cold.bare_interpreter_seconds
    return [
        ("`python -I -S -c pass`", f"{bare * 1e3:.1f} ms", "1.0", *["–"] * 5),
        (
            f"emel: {name}",
            f"{cold.seconds * 1e3:.1f} ms",
            f"{cold.seconds / bare:.1f}",
            f"{cold.cpu_seconds * 1e3:.1f} ms",
            f"{cold.peak_rss_bytes / 1e6:.1f} MB",
            f"{built.zip_bytes / 1e3:.0f} kB",
            f"{each(lambda: lowered.answer(rows), len(rows)):.1f} µs",
            f"{cold.warm_call_seconds * 1e6:.0f} µs",
        ),
        (
            f"scikit-learn: {name}",
            f"{original.seconds * 1e3:.0f} ms",
            f"{original.seconds / bare:.0f}",
            "–",
            f"{original.peak_bytes / 1e6:.0f} MB",
            "–",
            f"{each(lambda: [model.predict_proba([row]) for row in rows[:20]], 20):.0f} µs",
            "–",
        ),
    ]


def each(ask: Callable[[], object], rows: int) -> float:
    """Microseconds a row, the median of seven passes after one that is not counted."""
    taken = []
    for _ in range(8):
        start = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - start) / rows * 1e6)
    return median(taken[1:])


if __name__ == "__main__":
    main()
