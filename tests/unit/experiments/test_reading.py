from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.experiments import Experiment

from emel.errors import PipelineError, ResultsError
from emel.experiments import Pipeline
from emel.records import Revision, Snapshot
from emel.system.process import Completed

WORKSPACE = Revision(label="workspace", commit="0" * 40, changes=("x",))


DEPS = {"data.csv": "4", "train.py": "5", "plot.csv": "3", "params.yaml": "6"}


class DvcSays:
    """A DVC whose `exp show` prints one working tree with these results; no file in Git tells them."""

    def __init__(self, **parts: dict[str, Any]) -> None:
        data = {"metrics": {}, "params": {}, "deps": {}, "outs": {}, **parts}
        self._shown = json.dumps([{"rev": "workspace", "data": data, "error": None}])

    def run(self, command: Sequence[str | Path], cwd: Path | None = None, **_: object) -> Completed:
        if command[0] == "git":
            return Completed(0, f"{cwd}\n" if "rev-parse" in command else "", "")
        return Completed(0, self._shown, "")


def read(tmp_path: Path, dvc: DvcSays) -> Snapshot:
    (tmp_path / "dvc.yaml").touch()
    return Pipeline(tmp_path, dvc).snapshot(WORKSPACE)


def test_nested_values_get_dotted_names_and_keep_their_types(tmp_path: Path) -> None:
    content = {"test": {"accuracy": 0.9, "rows": 12}, "best": True, "note": "x", "none": None}
    found = read(tmp_path, DvcSays(params={"params.yaml": {"data": content}}))

    assert found.params == {
        "test.accuracy": 0.9,
        "test.rows": 12,
        "best": True,
        "note": "x",
        "none": None,
    }


def test_a_list_is_one_value(tmp_path: Path) -> None:
    found = read(tmp_path, DvcSays(params={"params.yaml": {"data": {"layers": [64, 32], "ü": ["ä"]}}}))

    assert found.params == {"layers": "[64, 32]", "ü": '["ä"]'}


def test_a_name_in_two_files_gets_its_file_in_front(tmp_path: Path) -> None:
    dvc = DvcSays(metrics={"a.json": {"data": {"f1": 1.0, "a": 2}}, "b.json": {"data": {"f1": 3.0}}})

    assert read(tmp_path, dvc).metrics == {"a.json:f1": 1.0, "a": 2, "b.json:f1": 3.0}


def test_a_file_that_is_one_number_is_named_by_its_path(tmp_path: Path) -> None:
    dvc = DvcSays(metrics={"accuracy.json": {"data": 0.9}, "loss.json": {"data": 0.1}})

    assert read(tmp_path, dvc).metrics == {"accuracy.json": 0.9, "loss.json": 0.1}


def test_nan_is_read_as_nan(tmp_path: Path) -> None:
    found = read(tmp_path, DvcSays(metrics={"m.json": {"data": {"loss": float("nan")}}}))

    assert str(found.metrics["loss"]) == "nan"


def test_data_are_cached_outputs_and_inputs_that_are_no_code(tmp_path: Path) -> None:
    def out(digest: str | None, *, use_cache: bool) -> dict[str, Any]:
        return {"hash": digest, "use_cache": use_cache}

    dvc = DvcSays(
        outs={
            "model.joblib": out("1", use_cache=True),
            "images": out("2.dir", use_cache=True),
            "plot.csv": out("3", use_cache=False),
            "never-made": out(None, use_cache=True),
        },
        deps={path: {"hash": digest} for path, digest in DEPS.items()},
        params={"params.yaml": {"data": {}}},
    )

    assert read(tmp_path, dvc).data == {"data.csv": "md5:4", "model.joblib": "md5:1", "images": "md5:2"}


@pytest.mark.slow
def test_each_revision_has_its_own_results_without_a_checkout(history: Experiment) -> None:
    main, deep = history.revisions["main"], history.revisions["deep"]
    base, candidate = history.pipeline.snapshots(main, deep)

    assert base is not None
    assert base.revision == main and candidate.revision == deep
    assert base.metrics == {"accuracy": 0.2, "test.loss": 0.5}
    assert candidate.metric_files == ("metrics.json",)
    assert candidate.metrics == {"accuracy": 0.5, "test.loss": 0.2}
    assert (base.params, candidate.params) == ({"depth": 2}, {"depth": 5})
    assert set(base.data) == {"data.csv", "train.csv", "model.txt"}
    assert base.data["train.csv"] == candidate.data["train.csv"]
    assert base.data["model.txt"] != candidate.data["model.txt"]
    assert history.repo.changes() == ()


@pytest.mark.slow
def test_a_base_from_before_the_first_run_has_no_results(history: Experiment) -> None:
    base, candidate = history.pipeline.snapshots(history.revisions["start"], history.revisions["main"])

    assert base is None
    assert candidate.metrics["accuracy"] == 0.2


@pytest.mark.slow
def test_a_candidate_without_its_metrics_file_is_an_error(experiment: Experiment) -> None:
    for revision in (experiment.start, experiment.workspace()):
        with pytest.raises(ResultsError, match="missing, though") as caught:
            experiment.pipeline.snapshot(revision)

        assert caught.value.where == f"metrics.json ({revision.title})"


@pytest.mark.slow
def test_metrics_that_are_no_json_are_an_error(experiment: Experiment) -> None:
    experiment.write("metrics.json", "{accuracy: ")

    with pytest.raises(ResultsError, match="cannot be read: JSON file structure is corrupted"):
        experiment.pipeline.snapshot(experiment.workspace())


@pytest.mark.slow
def test_a_broken_dvc_yaml_of_the_working_tree_is_an_error(experiment: Experiment) -> None:
    experiment.write("dvc.yaml", "stages: [")

    with pytest.raises(PipelineError, match="cannot be read: ") as caught:
        experiment.pipeline.snapshot(experiment.workspace())

    assert caught.value.where == "working tree"
