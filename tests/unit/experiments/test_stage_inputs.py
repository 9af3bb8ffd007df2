"""The digest of a stage's inputs changes with what decides its results, and with nothing else."""

from __future__ import annotations

import pytest

from emel.errors import PipelineError
from emel.experiments.stage_inputs import digest_of_work

DVC = """\
stages:
  train:
    cmd: python train.py
    deps: [train.py, data]
    params: [model.depth, other.json: [rate]]
  many:
    foreach: [a, b]
    do:
      cmd: python train.py ${item}
      deps: [train.py]
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "data").mkdir()
    files = {
        "dvc.yaml": DVC,
        "train.py": "fit()",
        "data/a.csv": "1",
        "params.yaml": "model: {depth: 3}\nseed: 1\n",
        "other.json": '{"rate": 0.1}',
        "unread.txt": "x",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def digest(root, stage="train", command=("python", "train.py"), inputs=()):
    return digest_of_work(root, stage, command, inputs)


def test_it_is_the_same_for_the_same(root):
    assert digest(root) == digest(root)
    assert digest(root).startswith("sha256:")


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("train.py", "fit(2)"),
        ("data/a.csv", "2"),
        ("data/b.csv", "1"),
        ("params.yaml", "model: {depth: 4}\nseed: 1\n"),
        ("other.json", '{"rate": 0.2}'),
        ("dvc.yaml", DVC.replace("python train.py\n", "python train.py --fast\n", 1)),
    ],
)
def test_it_changes_with_an_input(root, file, text):
    before = digest(root)
    (root / file).write_text(text)

    assert digest(root) != before


@pytest.mark.parametrize(
    ("file", "text"), [("unread.txt", "y"), ("params.yaml", "model: {depth: 3}\nseed: 2\n")]
)
def test_it_does_not_change_with_what_the_stage_does_not_read(root, file, text):
    before = digest(root)
    (root / file).write_text(text)

    assert digest(root) == before


def test_the_command_and_further_inputs_count(root):
    assert digest(root, command=("python", "train.py", "2")) != digest(root)
    assert digest(root, inputs=("unread.txt",)) != digest(root)


def test_of_data_with_a_pointer_the_pointer_counts(root):
    (root / "data.dvc").write_text("outs: [{md5: 1}]")
    before = digest(root)
    (root / "data/a.csv").write_text("changed, but not added")

    assert digest(root) == before


def test_each_of_many_stages_has_its_own_and_takes_all_parameters(root):
    before = digest(root, "many@a")
    assert digest(root, "many@b") != before
    (root / "params.yaml").write_text("seed: 5\n")

    assert digest(root, "many@a") != before


def test_without_a_stage_there_need_be_no_pipeline(root):
    (root / "dvc.yaml").unlink()

    assert digest(root, None, inputs=("train.py",)) != digest(root, None)


@pytest.mark.parametrize(("stage", "inputs"), [("tain", ()), ("train", ("absent.csv",))])
def test_what_is_not_there_is_named(root, stage, inputs):
    with pytest.raises(PipelineError, match=r"tain|absent\.csv"):
        digest(root, stage, inputs=inputs)
