"""Nine models as functions of the pure tier, beside their own library and onnxruntime, in one run.

    python bench/models.py            # some minutes
    python bench/models.py --quick    # three of the models, fewer rounds

Every model goes through `emel package`'s own steps, its own library is measured beside it, and the onnx tier
is built of the same file. A start is a whole process from nothing to its first answered event; the peak is
what that process held at the most. One row is a JSON event through `handle()`, in a process of its own that
is warm; 1,000 rows are one event too. The library is asked in its own form, without JSON, which is to its
favour. Ratios of one run may be compared; absolute times of two may not.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import joblib
import lightgbm
import msgspec
import numpy as np
import pandas as pd
import xgboost
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from emel import bundle, models
from emel.errors import EmelError
from emel.records import Answers, ColdStart, Tier
from emel.system.process import SystemProcess
from original import first_answer

HEAD = (
    "model",
    "served by",
    "start → first answer",
    "× bare",
    "× emel",
    "peak memory",
    "zip",
    "1 row p50",
    "p99",
    "1,000 rows",
)
WARM = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
import io
from handler import yandex
given = json.load(open(sys.argv[2]))
columns, rows = given["columns"], given["rows"]
rows = [dict(zip(columns, row)) for row in rows]
def event(body):
    return {"httpMethod": "POST", "path": "/predict", "headers": {"Content-Type": "application/json"},
            "body": json.dumps(body), "isBase64Encoded": False}
one = [event(row) for row in rows[:200]]
many = event({"instances": (rows * (1000 // len(rows) + 1))[:1000]})
sys.stdout = io.StringIO()
def taken(events):
    found = []
    for each in events:
        start = time.perf_counter()
        reply = yandex(each, None)
        found.append(time.perf_counter() - start)
        assert reply["statusCode"] == 200, reply
    return found
taken(one)
singles = taken(one * int(sys.argv[3]))
batch = taken([many] * 3)
json.dump([singles, batch], open(sys.argv[4], "w"))
"""


class Model(NamedTuple):
    """A fitted model, and rows as its users have them."""

    fitted: Any
    rows: pd.DataFrame
    library: str
    ask: Callable[[Any], Any]
    """From rows of the frame to the library's answer."""


def main() -> None:
    """Print the table."""
    quick = "--quick" in sys.argv
    rounds = 3 if quick else 5
    chosen = dict(list(MODELS.items())[:3]) if quick else MODELS
    print(f"Python {sys.version.split()[0]}, medians of {rounds} rounds in turn (libraries: 3)\n")
    print("| " + " | ".join(HEAD) + " |")
    print("|---" * len(HEAD) + "|")
    for name, fit in chosen.items():
        with tempfile.TemporaryDirectory() as folder:
            for line in measured(name, fit(), Path(folder), rounds):
                print("| " + " | ".join(line) + " |", flush=True)


def measured(name: str, model: Model, folder: Path, rounds: int) -> list[tuple[str, ...]]:
    """The lines of one model: the pure function, the onnx function, and the model's own library."""
    joblib.dump(model.fitted, folder / "model.joblib")
    model.rows.to_csv(folder / "sample.csv", index=False)
    lines: list[tuple[str, ...]] = []
    first: ColdStart | None = None
    for tier in TIERS:
        try:
            cold, zip_bytes, singles, batch = function(tier, folder, rounds)
        except EmelError as problem:
            lines.append((name, f"emel, {tier}", problem.message, *["–"] * 7))
            continue
        first = first or cold
        lines.append(
            (
                name,
                f"emel, {tier}",
                *start(cold.seconds, cold, first),
                f"{cold.peak_rss_bytes / 1e6:.0f} MB",
                f"{zip_bytes / 1e3:,.0f} kB",
                *calls(singles, batch),
            )
        )
    if first is None:
        return lines
    original = first_answer(folder / "model.joblib", next(folder.glob("*/answers.json")))
    memory = f"{original.peak_bytes / 1e6:.0f} MB"
    warm = calls(*library(model))
    return [*lines, (name, model.library, *start(original.seconds, first, first), memory, "–", *warm)]


def function(tier: Tier, folder: Path, rounds: int) -> tuple[ColdStart, int, list[float], list[float]]:
    """A function's cold start, its size, and seconds of its warm calls with one row and with 1,000."""
    process = SystemProcess()
    artifact = models.prepare(
        name="bench",
        model=folder / "model.joblib",
        sample=folder / "sample.csv",
        target=None,
        tier=tier,
        workdir=folder / tier,
        process=process,
    )
    built = bundle.build(artifact, version="v1", commit=None, output=folder / f"{tier}.zip", process=process)
    tolerance = {"pure": 1e-6, "onnx": 1e-4, "python": 1e-6}[tier]
    parity = bundle.check_parity(built.path, artifact.answers, tolerance=tolerance, process=process)
    if not parity.ok:
        told = f"{parity.max_abs_diff:.1g}" if parity.labels_equal else "a label"
        raise EmelError(f"parity fails: differs by {told}")
    cold = bundle.measure_cold_start(built.path, artifact.answers, process=process, rounds=rounds)
    return cold, built.zip_bytes, *warm_calls(built.path, artifact.answers, folder)


def warm_calls(zip_path: Path, answers: Path, folder: Path) -> tuple[list[float], list[float]]:
    """Seconds of single calls and of calls with 1,000 rows, in a process of the function's own."""
    root, given, taken = folder / f"{zip_path.stem}-warm", folder / "rows.json", folder / "taken.json"
    with zipfile.ZipFile(zip_path) as archive:
        archive.extractall(root)
    asked = msgspec.json.decode(answers.read_bytes(), type=Answers)
    rows = asked.rows[: asked.sample_rows]
    given.write_text(json.dumps({"columns": asked.columns, "rows": rows}), encoding="utf-8")
    command = [sys.executable, "-I", "-S", "-c", WARM, str(root), str(given), "5", str(taken)]
    subprocess.run(command, check=True)
    singles, batch = json.loads(taken.read_bytes())
    return singles, batch


def library(model: Model) -> tuple[list[float], list[float]]:
    """The same of the model's own library, asked in its own form in this process."""
    ones = [model.rows.iloc[place : place + 1] for place in range(min(50, len(model.rows)))]
    thousand = pd.concat([model.rows] * (1000 // len(model.rows) + 1))[:1000]
    taken = []
    for rows in (ones[:5], ones, [thousand] * 3):
        taken.append([])
        for one in rows:
            begun = time.perf_counter()
            model.ask(one)
            taken[-1].append(time.perf_counter() - begun)
    return taken[1], taken[2]


def start(seconds: float, cold: ColdStart, first: ColdStart) -> tuple[str, str, str]:
    """A start, in starts of the bare interpreter of the same rounds, and that beside the first tier's."""
    bare = seconds / cold.bare_interpreter_seconds
    own = first.seconds / first.bare_interpreter_seconds
    return f"{seconds * 1e3:,.1f} ms", f"{bare:.1f}", f"{bare / own:.1f}"


def calls(singles: list[float], batch: list[float]) -> tuple[str, str, str]:
    """Median and 99th percentile of single calls, and the median of the large one."""
    ordered = sorted(singles)
    high = ordered[int(len(ordered) * 0.99)]
    return f"{median(ordered) * 1e6:,.0f} µs", f"{high * 1e6:,.0f} µs", f"{median(batch) * 1e3:,.1f} ms"


def on_cancer(model: Any, library_name: str = "scikit-learn") -> Model:
    """A classifier of the 30 columns of the breast cancer data, fitted on an array."""
    x, y = load_breast_cancer(return_X_y=True)
    rows = pd.DataFrame(x[400:], columns=[f"c{place}" for place in range(x.shape[1])])
    fitted = model.fit(x[:400], y[:400])
    return Model(fitted, rows, library_name, lambda frame: fitted.predict_proba(frame.to_numpy()))


def on_texts() -> Model:
    """A classifier of the lines of data sets' descriptions: which set is it?"""
    told = [
        (line.strip(), number)
        for number, loader in enumerate((load_breast_cancer, load_wine))
        for line in loader().DESCR.splitlines()
        if len(line.strip()) > 20
    ]
    lines, labels = [line for line, _ in told], [number for _, number in told]
    fitted = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(lines, labels)
    frame = pd.DataFrame({"text": lines[::2]})
    return Model(fitted, frame, "scikit-learn", lambda rows: fitted.predict_proba(list(rows["text"])))


def on_mixed() -> Model:
    """Wine with gaps, and two of its columns as words: imputed, scaled, one-hot encoded."""
    frame = load_wine(as_frame=True).frame
    y = frame.pop("target")
    frame["hue"] = np.where(frame["hue"] > 1, "красное", "тёмное")
    frame["ash"] = frame["ash"].round().map(lambda ash: f"ash {ash:.0f}")
    frame.loc[frame.index % 7 == 0, "alcohol"] = np.nan
    numbers = [name for name in frame if name not in ("hue", "ash")]
    prepare = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), numbers),
            ("words", OneHotEncoder(handle_unknown="ignore"), ["hue", "ash"]),
        ]
    )
    fitted = make_pipeline(prepare, LogisticRegression(max_iter=1000)).fit(frame, y)
    return Model(fitted, frame, "scikit-learn", fitted.predict_proba)


TIERS: tuple[Tier, ...] = ("pure", "onnx")
FEW: dict[str, Any] = {"n_estimators": 300, "n_jobs": 1}
MODELS: dict[str, Callable[[], Model]] = {
    "linear": lambda: on_cancer(make_pipeline(StandardScaler(), LogisticRegression())),
    "RF-100": lambda: on_cancer(RandomForestClassifier(100, random_state=0)),
    "mixed columns": on_mixed,
    "GB-100": lambda: on_cancer(GradientBoostingClassifier(random_state=0)),
    "HGB-100": lambda: on_cancer(HistGradientBoostingClassifier(random_state=0)),
    "LightGBM-300": lambda: on_cancer(lightgbm.LGBMClassifier(**FEW, verbose=-1), "lightgbm"),
    "XGBoost-300": lambda: on_cancer(xgboost.XGBClassifier(**FEW), "xgboost"),
    "MLP-100": lambda: on_cancer(
        make_pipeline(StandardScaler(), MLPClassifier(max_iter=1000, random_state=0))
    ),
    "TF-IDF + LR": on_texts,
}


if __name__ == "__main__":
    main()
