from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from tests.fakes.experiments import Experiment

from emel.errors import ResultsError

pytestmark = pytest.mark.slow


def test_a_file_comes_as_it_was_from_git_or_from_dvcs_cache(history: Experiment, tmp_path: Path) -> None:
    main, deep = history.revisions["main"], history.revisions["deep"]

    for revision, depth in ((main, 2), (deep, 5), (history.workspace(), 5)):
        into = tmp_path / revision.label
        assert history.pipeline.fetch("params.yaml", revision, into).read_text() == f"depth: {depth}\n"
        assert history.pipeline.fetch("model.txt", revision, into).read_text() == "tree " * depth
        assert sorted(path.name for path in into.iterdir()) == ["model.txt", "params.yaml"]


def test_a_folder_comes_with_all_its_files_from_git_and_the_working_tree(
    experiment: Experiment, tmp_path: Path
) -> None:
    (experiment.root / "exported/deep").mkdir(parents=True)
    experiment.write("exported/MLmodel", "old")
    experiment.write("exported/deep/model ünd.bin", "1")
    old = experiment.commit("old")
    experiment.write("exported/MLmodel", "new")

    for revision, text in ((old, "old"), (experiment.workspace(), "new")):
        folder = experiment.pipeline.fetch("exported", revision, tmp_path / revision.label)

        assert (folder / "MLmodel").read_text() == text
        assert (folder / "deep/model ünd.bin").read_text() == "1"


def test_a_folder_comes_from_dvcs_cache(experiment: Experiment, tmp_path: Path) -> None:
    (experiment.root / "exported").mkdir()
    experiment.write("exported/MLmodel", "old")
    experiment.process.run([sys.executable, "-m", "dvc", "add", "-q", "exported"], cwd=experiment.root)
    old = experiment.commit("old")
    shutil.rmtree(experiment.root / "exported")

    folder = experiment.pipeline.fetch("exported", old, tmp_path)

    assert (folder / "MLmodel").read_text() == "old"


def test_a_file_that_the_working_tree_lacks_is_an_error(experiment: Experiment, tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="no such file") as caught:
        experiment.pipeline.fetch("model.txt", experiment.workspace(), tmp_path)

    assert caught.value.where == "model.txt"


def test_a_file_that_a_revision_never_had_is_an_error(experiment: Experiment, tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="neither in Git nor in DVC's cache at start"):
        experiment.pipeline.fetch("nothing.txt", experiment.start, tmp_path)


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "a/../../b"])
def test_a_path_out_of_the_project_is_refused(experiment: Experiment, tmp_path: Path, path: str) -> None:
    with pytest.raises(ResultsError, match="outside of the project"):
        experiment.pipeline.fetch(path, experiment.start, tmp_path)


def test_a_spoilt_cache_does_not_give_a_spoilt_file(experiment: Experiment, tmp_path: Path) -> None:
    experiment.pipeline.run()
    made = experiment.commit("made")
    for file in (experiment.root / ".dvc/cache/files/md5").rglob("*"):
        if file.is_file():
            file.chmod(0o644)
            file.write_text("spoilt")

    with pytest.raises(ResultsError, match="damaged"):
        experiment.pipeline.fetch("model.txt", made, tmp_path)

    assert list(tmp_path.glob("**/model.txt")) == [experiment.root / "model.txt"]


def test_a_lost_cache_is_told_with_what_to_do(experiment: Experiment, tmp_path: Path) -> None:
    experiment.pipeline.run()
    made = experiment.commit("made")
    shutil.rmtree(experiment.root / ".dvc/cache")
    (experiment.root / "model.txt").unlink()

    with pytest.raises(ResultsError) as caught:
        experiment.pipeline.fetch("model.txt", made, tmp_path)

    assert caught.value.hint is not None and "dvc pull" in caught.value.hint


def test_the_file_in_the_working_tree_serves_where_it_is_the_one_that_was_locked(
    experiment: Experiment, tmp_path: Path
) -> None:
    experiment.pipeline.run()
    made = experiment.commit("made")
    shutil.rmtree(experiment.root / ".dvc/cache")
    there = (experiment.root / "model.txt").read_bytes()

    assert experiment.pipeline.fetch("model.txt", made, tmp_path).read_bytes() == there
    (experiment.root / "model.txt").write_text("another")
    with pytest.raises(ResultsError):
        experiment.pipeline.fetch("model.txt", made, tmp_path)
