"""Whether results are of the code that is here, by dvc.lock alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.fakes.experiments import Experiment

from emel.experiments.freshness import outdated

Change = Callable[[Path], object]


@pytest.fixture
def ran(history: Experiment, tmp_path: Path) -> Path:
    """The project after DVC has run it, to be changed."""
    for file in history.root.iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def append(name: str, text: str) -> Change:
    return lambda root: (root / name).write_text((root / name).read_text() + text)


@pytest.mark.slow
def test_results_of_the_present_code_are_up_to_date(ran: Path) -> None:
    assert outdated(ran) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "told"),
    [
        (append("train.py", "# new"), "`train.py` has changed since stage `train` ran"),
        (append("data.csv", "2\n"), "`data.csv` has changed since stage `split` ran"),
        (
            lambda root: (root / "params.yaml").write_text("depth: 6\n"),
            "`depth` in `params.yaml` has changed since stage `train` ran",
        ),
    ],
)
def test_what_has_changed_is_named(change: Change, told: str, ran: Path) -> None:
    change(ran)

    assert outdated(ran) == told


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "data.csv").unlink(),
        lambda root: (root / "params.yaml").unlink(),
        lambda root: (root / "dvc.lock").unlink(),
        append("model.txt", "more"),
        append("params.yaml", "width: 3\n"),
    ],
    ids=["data are not here", "no parameters", "never ran", "an output", "another parameter"],
)
def test_what_is_no_input_or_not_here_counts_as_unchanged(change: Change, ran: Path) -> None:
    change(ran)

    assert outdated(ran) is None


@pytest.mark.slow
@pytest.mark.parametrize("key", ["frozen: true", "wdir: sub"])
def test_stages_that_are_frozen_or_work_elsewhere_are_left_out(key: str, ran: Path) -> None:
    definition = ran / "dvc.yaml"
    definition.write_text(
        definition.read_text().replace("    cmd: python train.py", f"    {key}\n    cmd: x")
    )
    append("train.py", "# new")(ran)

    assert outdated(ran) is None


def test_names_with_dots_are_parameters_within_others(tmp_path: Path) -> None:
    lock = "stages: {train: {cmd: x, params: {params.yaml: {model.depth: 3, a.b: 1}}}}"
    (tmp_path / "dvc.lock").write_text(lock)
    (tmp_path / "dvc.yaml").write_text("stages: {train: {cmd: x}}")
    (tmp_path / "params.yaml").write_text("{model: {depth: 3}, a.b: 1}")
    assert outdated(tmp_path) is None

    (tmp_path / "params.yaml").write_text("{model: {depth: 4}, a.b: 1}")
    assert outdated(tmp_path) == "`model.depth` in `params.yaml` has changed since stage `train` ran"
