from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from emel.errors import PipelineError
from emel.experiments.params import assign

PARAMS = """\
# How deep.
depth: 2  # trees

model:
  kind: forest   # or linear
  layers: [64, 32]
  grid:
    - 1
    - 2
  empty:
seed: 7
"""


def project(tmp_path: Path) -> Path:
    (tmp_path / "params.yaml").write_text(PARAMS)
    (tmp_path / "params.json").write_text('{"a": {"b": 1, "c": "x"}}\n')
    return tmp_path


@pytest.mark.parametrize(
    ("assignment", "old", "new"),
    [
        ("depth=5", "depth: 2  # trees", "depth: 5  # trees"),
        ("model.kind=linear", "kind: forest   # or", "kind: linear   # or"),
        ("model.layers=[8]", "layers: [64, 32]", "layers: [8]"),
        ("model.grid=[3]", "grid:\n    - 1\n    - 2\n", "grid:\n    [3]\n"),
        ("model.empty=1", "empty:\n", "empty: 1\n"),
        ("params.yaml:seed=1e-3", "seed: 7", "seed: 1e-3"),
        ("seed=", "seed: 7", 'seed: ""'),
        ("seed=a: b", "seed: 7", 'seed: "a: b"'),
        ("seed=a # b", "seed: 7", 'seed: "a # b"'),
    ],
)
def test_one_value_changes_and_all_else_stays(tmp_path: Path, assignment: str, old: str, new: str) -> None:
    root = project(tmp_path)
    assign(root, [assignment])
    text = (root / "params.yaml").read_text()

    assert text == PARAMS.replace(old, new)
    assert isinstance(yaml.safe_load(text), dict)


def test_values_in_json_are_json(tmp_path: Path) -> None:
    root = project(tmp_path)
    assign(root, ["params.json:a.b=2.5", "params.json:a.c=new text"])

    assert json.loads((root / "params.json").read_text()) == {"a": {"b": 2.5, "c": "new text"}}


@pytest.mark.parametrize(
    ("assignment", "message", "hint"),
    [
        ("dept=5", "no parameter `dept`", "did you mean `depth`?"),
        ("depth", "sets no parameter", "name=value"),
        ("=5", "sets no parameter", "name=value"),
        ("other.yaml:depth=5", "no such file of parameters", "--set FILE:name=value"),
        ("params.py:depth=5", "only YAML and JSON", "by hand"),
    ],
)
def test_what_cannot_be_set_is_an_error_and_nothing_changes(
    tmp_path: Path, assignment: str, message: str, hint: str
) -> None:
    root = project(tmp_path)
    with pytest.raises(PipelineError, match=message) as caught:
        assign(root, ["seed=8", assignment])

    assert caught.value.hint is not None and hint in caught.value.hint
    assert (root / "params.yaml").read_text() == PARAMS
