"""A small function on disk: two columns, a linear score, and what the signature says of them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.bucket import FakeBucket

from emel.lowering.builder import Program
from emel.lowering.values import Column, Outputs
from emel_runtime.app import App

Call = Callable[..., tuple[int, Any]]


def column(name: str, kind: str = "float", *, missing: bool = False) -> dict[str, Any]:
    ranged = kind in ("float", "integer")
    return {
        "name": name,
        "type": kind,
        "minimum": 0.0 if ranged else None,
        "maximum": 8.0 if ranged else None,
        "categories": None,
        "missing": missing,
    }


@pytest.fixture
def make_function(tmp_path: Path) -> Callable[..., Path]:
    """Write a function whose score is the first number minus the second; positive is the second label."""

    def make(columns: Sequence[dict[str, Any]] | None = None, labels: Sequence[Any] = ("no", "yes")) -> Path:
        columns = columns or [column("a"), column("b")]
        program = Program([Column(entry["name"], entry["type"]) for entry in columns])
        numbers = [place for place, entry in enumerate(columns) if entry["type"] != "string"]
        weights = [1.0, -1.0, *[0.0] * len(numbers)][: len(numbers)]
        scores = program.add(
            "linear",
            program.select(program.row, numbers),
            width=1,
            arrays={
                "coefficients": program.array("f64", weights, (1, len(numbers))),
                "intercepts": program.array("f64", [0.0]),
            },
        )
        outputs = Outputs(value=scores)
        if labels:
            probabilities = program.add("complement", program.add("logistic", scores), width=2)
            outputs = Outputs(labels=tuple(labels), scores=scores, probabilities=probabilities)
        data = program.encode(outputs)
        (tmp_path / "model").mkdir()
        (tmp_path / "model" / "model.emel").write_bytes(data)
        manifest = {
            "format": 1,
            "emel": "0",
            "tier": "pure",
            "model": {
                "name": "m",
                "version": "v1.0.0",
                "commit": None,
                "description": "Linear",
                "file": "model/model.emel",
                "digest": "sha256:" + hashlib.sha256(data).hexdigest(),
                "source_digest": "sha256:0",
            },
            "signature": {
                "columns": list(columns),
                "task": "classification" if labels else "regression",
                "labels": list(labels),
                "outputs": 1,
            },
            "libraries": {},
            "files": {},
        }
        (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        return tmp_path

    return make


@pytest.fixture
def app(make_function: Callable[..., Path]) -> App:
    return App(str(make_function()))


@pytest.fixture
def call() -> Call:
    """Send one request to an App, and return the status and the decoded body."""

    def send(
        app: App, body: Any = None, *, method: str = "POST", path: str = "/predict", **fields: Any
    ) -> tuple[int, Any]:
        event = {
            "httpMethod": method,
            "path": path,
            "headers": {"Content-Type": "application/json"},
            "body": body if isinstance(body, str) else json.dumps(body),
            "isBase64Encoded": False,
            **fields,
        }
        reply = app.handle(event, None)
        return reply["statusCode"], json.loads(reply["body"])

    return send


@pytest.fixture
def make_column() -> Callable[..., dict[str, Any]]:
    return column


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    """What is put in here stands in the environment until the test ends."""

    class Environment(dict[str, str]):
        def __setitem__(self, name: str, value: str) -> None:
            super().__setitem__(name, value)
            os.environ[name] = value

    added = Environment()
    yield added
    for name in added:
        del os.environ[name]


@pytest.fixture
def bucket(environment: dict[str, str]) -> Iterator[FakeBucket]:
    """The bucket `rows`, which the function may use."""
    store = FakeBucket()
    environment["EMEL_BUCKETS"] = "other, rows"
    environment["EMEL_S3_ENDPOINT"] = store.url
    yield store
    store.close()
