"""Requests a second of handle() by protocol, and what the first request of each costs in a fresh process.

    python bench/api.py

Packages a logistic regression over the breast cancer data, unpacks the bundle, and prints a Markdown table.
The baseline is POST /predict of one row. The last line is the same request where the function loads all its
modules at its start, as it would if the page, the contract and the rarer protocols were not left for later.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import time
import zipfile
from contextlib import redirect_stdout
from pathlib import Path
from statistics import median
from typing import Any

import joblib
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from emel import bundle, models
from emel.system.process import SystemProcess
from emel_runtime.app import App

EAGER = "/predict, all modules loaded at the start"
RARER = (
    "access",
    "bodies",
    "csvrows",
    "inference",
    "mlflow",
    "objects",
    "openapi",
    "page",
    "recording",
    "triggers",
)
SECONDS = 0.5
ROUNDS = 9
BATCH = 100
FIRST = """
import sys
sys.path.insert(0, sys.argv[1])
for name in sys.argv[3:]:
    __import__("emel_runtime." + name)
from handler import yandex
import _json
event = _json.make_scanner(type("G", (), dict(strict=True, object_hook=None, object_pairs_hook=None,
    parse_float=float, parse_int=int, parse_constant=float)))(open(sys.argv[2]).read(), 0)[0]
assert yandex(event, None)["statusCode"] == 200
"""


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        function, names, rows = packaged(folder)
        app = App(str(function))
        print(f"Python {sys.version.split()[0]}\n")
        print(f"| | 1 row: requests/s | {BATCH} rows: rows/s | start → first answer | × /predict |")
        print("|---|---|---|---|---|")
        events = {kind: (event(kind, names, rows[:1]), event(kind, names, rows[:BATCH])) for kind in KINDS}
        first = {kind: one for kind, (one, _) in events.items()}
        starts = first_answers({**first, EAGER: first[KINDS[0]]}, function, folder)
        for kind, (one, many) in events.items():
            print(
                f"| {kind} | {rate(app, one):,.0f} | {rate(app, many) * BATCH:,.0f} "
                f"| {starts[kind] * 1e3:.1f} ms | {starts[kind] / starts[KINDS[0]]:.2f} |"
            )
        print(f"| {EAGER} | | | {starts[EAGER] * 1e3:.1f} ms | {starts[EAGER] / starts[KINDS[0]]:.2f} |")


KINDS = (
    "/predict",
    "/invocations dataframe_split",
    "/invocations text/csv",
    "/v2 infer, columns",
    "/v2 infer, one tensor",
)


def event(kind: str, names: list[str], rows: list[list[float]]) -> dict[str, Any]:
    """An event of API Gateway with the rows in one protocol."""
    content_type, path = "application/json", kind.split()[0]
    body: Any
    if kind == "/predict":
        body = [dict(zip(names, row, strict=True)) for row in rows]
    elif kind.endswith("split"):
        body = {"dataframe_split": {"columns": names, "data": rows}}
    elif kind.endswith("csv"):
        content_type = "text/csv"
        body = "\n".join([",".join(names), *[",".join(map(repr, row)) for row in rows]])
    else:
        path = "/v2/models/bench/infer"
        shape, flat = [len(rows), len(names)], [cell for row in rows for cell in row]
        columns = zip(names, zip(*rows, strict=True), strict=True)
        tensors = [
            {"name": name, "shape": [len(rows)], "datatype": "FP64", "data": cells} for name, cells in columns
        ]
        one = [{"name": "x", "shape": shape, "datatype": "FP64", "data": flat}]
        body = {"inputs": tensors if kind.endswith("columns") else one}
    text = body if isinstance(body, str) else json.dumps(body)
    headers = {"Content-Type": content_type}
    return {"httpMethod": "POST", "path": path, "headers": headers, "body": text, "isBase64Encoded": False}


def rate(app: App, given: dict[str, Any]) -> float:
    """Calls of handle() a second, the best of three stretches; its log lines go nowhere."""
    best = 0.0
    with redirect_stdout(io.StringIO()):
        assert app.handle(given, None)["statusCode"] == 200
        for _ in range(3):
            count, start = 0, time.perf_counter()
            while (taken := time.perf_counter() - start) < SECONDS:
                app.handle(given, None)
                count += 1
            best = max(best, count / taken)
    return best


def first_answers(events: dict[str, dict[str, Any]], function: Path, folder: Path) -> dict[str, float]:
    """Seconds of a whole process with one request, the median of rounds in turn."""
    taken: dict[str, list[float]] = {kind: [] for kind in events}
    for _ in range(ROUNDS):
        for kind, given in events.items():
            (folder / "event.json").write_text(json.dumps(given))
            loaded = RARER if kind == EAGER else ()
            start = time.perf_counter()
            subprocess.run(
                [sys.executable, "-I", "-S", "-c", FIRST, function, folder / "event.json", *loaded],
                check=True,
                stdout=subprocess.DEVNULL,
            )
            taken[kind].append(time.perf_counter() - start)
    return {kind: median(times) for kind, times in taken.items()}


def packaged(folder: Path) -> tuple[Path, list[str], list[list[float]]]:
    """The folder of an unpacked bundle, its columns, and rows for it."""
    x, y = load_breast_cancer(return_X_y=True)
    names = [f"c{place}" for place in range(x.shape[1])]
    joblib.dump(
        make_pipeline(StandardScaler(), LogisticRegression()).fit(x[:400], y[:400]), folder / "model.joblib"
    )
    np.savetxt(
        folder / "sample.csv", x[400:], delimiter=",", header=",".join(names), comments="", fmt="%.17g"
    )
    artifact = models.prepare(
        name="bench",
        model=folder / "model.joblib",
        sample=folder / "sample.csv",
        target=None,
        tier="pure",
        workdir=folder / "work",
        process=SystemProcess(),
    )
    bundle.build(artifact, version="v0.0.1", commit=None, output=folder / "f.zip", process=SystemProcess())
    with zipfile.ZipFile(folder / "f.zip") as archive:
        archive.extractall(folder / "function")
    return folder / "function", names, x[400:].tolist()


if __name__ == "__main__":
    main()
