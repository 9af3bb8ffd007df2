"""Several projects in one DVC repository: each sees its own results."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.experiments import FILES, TRAIN
from tests.fakes.repositories import HermeticProcess, commit_files

from emel.experiments import Pipeline
from emel.gitrepo import GitRepo
from emel.records import Revision

PIPELINE = """
stages:
  train:
    cmd: python train.py
    deps: [../shared.csv, train.py]
    params: [depth]
    outs: [model.txt]
    metrics: [{metrics.json: {cache: false}}]
plots: [roc.csv]
"""


@pytest.mark.slow
def test_a_project_in_a_subfolder_sees_its_own_results_and_shared_data_alone(tmp_path: Path) -> None:
    process = HermeticProcess(tmp_path / "home")
    root = tmp_path / "repository"
    root.mkdir()
    repo = GitRepo.init(root, process)
    files = {name: text for name, text in FILES.items() if name.startswith(".dvc/")}
    files |= {"shared.csv": "x\n1\n", "other.csv": "x\n1\n"}
    for folder in ("churn", "fraud"):
        files |= {f"{folder}/{name}": FILES[name] for name in ("params.yaml",)}
        files |= {f"{folder}/train.py": TRAIN, f"{folder}/.gitignore": "/model.txt\n"}
    files["churn/dvc.yaml"] = PIPELINE
    files["fraud/dvc.yaml"] = PIPELINE.replace("shared", "other")
    commit_files(repo, "Start", files)
    pipeline = Pipeline(root / "churn", process)
    pipeline.run()
    # The other project has no results yet, which is no error of this one.
    commit = commit_files(repo, "Train", {})
    revision = Revision(label="main", commit=commit)
    snapshot = pipeline.snapshot(revision)

    assert snapshot.metrics == {"accuracy": 0.2, "test.loss": 0.5}
    assert snapshot.params == {"depth": 2}
    assert sorted(snapshot.data) == ["../shared.csv", "model.txt"]
    assert snapshot.metric_files == ("metrics.json",)
    assert [plot.name for plot in pipeline.plots(None, revision)] == ["roc.csv"]
    assert [past.metrics for past in pipeline.past(snapshot, [commit])] == [snapshot.metrics]
    fetched = pipeline.fetch("model.txt", revision, tmp_path / "fetched")
    assert fetched.read_text() == "tree tree "
