"""Inputs and outputs in the log, where the project asks for them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emel_runtime.app import App
from emel_runtime.recording import record

ALL = {"predictions": True, "sample": 1.0, "redact": []}


@pytest.mark.parametrize("path", ["/predict", "/invocations"])
def test_a_line_holds_inputs_and_outputs(
    make_function: Callable[..., Path], call: Any, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_function()
    manifest = json.loads((root / "manifest.json").read_text())
    manifest["logging"] = {**ALL, "redact": ["b"]}
    (root / "manifest.json").write_text(json.dumps(manifest))

    call(App(str(root)), {"instances": [[5, 1]]}, path=path)

    line = json.loads(capsys.readouterr().out)
    assert (line["inputs"], line["outputs"]) == ([{"a": 5.0, "b": "[redacted]"}], ["yes"])


def test_nothing_is_told_by_default(app: App, call: Any, capsys: pytest.CaptureFixture[str]) -> None:
    call(app, [[5, 1]])

    assert "inputs" not in json.loads(capsys.readouterr().out)


def test_a_share_of_the_requests_is_told() -> None:
    told = [bool(record(["a"], [[1.0]], [1], {**ALL, "sample": 0.5})) for _ in range(400)]

    assert 100 < sum(told) < 300
    assert not any(record(["a"], [[1.0]], [1], {**ALL, "sample": 0.0}) for _ in range(100))


def test_missing_values_and_long_texts_are_told_shortly() -> None:
    told: Any = record(["a", "b"], [[float("nan"), "x" * 999]], [1], ALL)

    assert told["inputs"][0]["a"] is None
    assert len(told["inputs"][0]["b"]) < 210


def test_a_line_stays_short_enough_for_a_log() -> None:
    rows: list[list[float | str | None]] = [["Москва" * 10] for _ in range(1000)]

    told: Any = record(["city"], rows, list(range(1000)), ALL)

    assert 0 < len(told["inputs"]) == len(told["outputs"])
    assert len(json.dumps(told)) < 16_000
