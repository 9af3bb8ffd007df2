from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.fakes.experiments import PIPELINE, TRAIN, Experiment
from tests.fakes.repositories import HermeticProcess
from tests.fakes.waiting import is_alive

from emel.errors import MissingExtraError, PipelineError
from emel.experiments import Pipeline
from emel.experiments.dvc import program
from emel.experiments.running import outcomes
from emel.records import PipelineRun

STARTED = datetime(2026, 11, 22, 6, tzinfo=UTC)


def told(run: PipelineRun) -> dict[str, str]:
    return {stage.name: stage.outcome for stage in run.stages}


def test_each_line_of_dvc_about_a_stage_is_an_outcome() -> None:
    said = (
        "'data.csv.dvc' didn't change, skipping\n"
        "Stage 'prepare' didn't change, skipping\n"
        "Stage 'sub/dvc.yaml:train' is cached - skipping run, checking out outputs\n"
        "Running stage 'evaluate':\n> python evaluate.py\nRunning stage slowly\n"
    )

    assert [(stage.name, stage.outcome) for stage in outcomes(said)] == [
        ("prepare", "unchanged"),
        ("sub/dvc.yaml:train", "restored"),
        ("evaluate", "ran"),
    ]


def test_the_dvc_beside_python_comes_first_and_leads_path(tmp_path: Path) -> None:
    (tmp_path / "dvc").touch()

    assert program(tmp_path / "python", "/usr/bin") == (tmp_path / "dvc", f"{tmp_path}:/usr/bin")


def test_else_the_dvc_on_path_is_taken_and_path_stays(tmp_path: Path) -> None:
    (tmp_path / "dvc").touch(mode=0o755)

    assert program(Path("/nowhere/python"), str(tmp_path)) == (tmp_path / "dvc", str(tmp_path))


def test_a_machine_without_dvc_is_told_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(MissingExtraError) as caught:
        program(Path("/nowhere/python"), str(tmp_path))

    assert caught.value.hint == "install it: pip install 'emel[train]'"


def test_a_folder_without_dvc_yaml_has_no_pipeline(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"no dvc\.yaml") as caught:
        Pipeline(tmp_path, HermeticProcess(tmp_path / "home")).run()

    assert caught.value.where == str(tmp_path)


@pytest.mark.slow
def test_only_what_changed_runs_again_and_known_results_come_back(experiment: Experiment) -> None:
    lines: list[str] = []
    first = experiment.pipeline.run(on_line=lines.append)
    assert told(first) == {"split": "ran", "train": "ran"}
    assert first.seconds > 0
    assert "training with depth 2" in lines

    experiment.write("data.csv", "x\n2\n")
    assert told(experiment.pipeline.run()) == {"split": "ran", "train": "ran"}

    experiment.write("data.csv", "x\n1\n")
    assert told(experiment.pipeline.run())["split"] == "restored"

    experiment.write("params.yaml", "depth: 3\n")
    assert told(experiment.pipeline.run()) == {"split": "unchanged", "train": "ran"}
    assert told(experiment.pipeline.run(force=True)) == {"split": "ran", "train": "ran"}

    kept = sorted((experiment.root / ".dvc/cache").rglob("*"))
    experiment.write("params.yaml", "depth: 4\n")
    assert told(experiment.pipeline.run(commit=False)) == {"split": "unchanged", "train": "ran"}
    assert sorted((experiment.root / ".dvc/cache").rglob("*")) == kept


@pytest.mark.slow
def test_a_chosen_stage_runs_with_what_it_needs_and_nothing_after_it(experiment: Experiment) -> None:
    begun: list[str] = []
    done = experiment.pipeline.run(stages=["split"], on_stage=begun.append)

    assert told(done) == {"split": "ran"}
    assert begun == ["split"]
    with pytest.raises(PipelineError, match="no-such-stage"):
        experiment.pipeline.run(stages=["no-such-stage"])


@pytest.mark.slow
def test_dvc_asks_for_no_newer_version_of_itself_in_the_background(experiment: Experiment) -> None:
    experiment.write(".dvc/config", "[core]\n    analytics = false\n")
    experiment.write("train.py", "import os\nprint('daemons:', os.environ.get('DVC_DAEMON'))\n" + TRAIN)
    lines: list[str] = []
    experiment.pipeline.run(on_line=lines.append)

    assert "daemons: 1" in lines
    assert not (experiment.root / ".dvc/tmp/updater").exists()


@pytest.mark.slow
def test_a_run_is_recorded_with_the_results_that_it_made(experiment: Experiment) -> None:
    experiment.write("params.yaml", "depth: 2\nmodel: {random_state: 7}\n")
    experiment.write("dvc.yaml", PIPELINE.replace("params: [depth]", "params: [depth, model]"))
    first = experiment.pipeline.run()
    experiment.pipeline.record(first, STARTED)
    found = experiment.pipeline.recorded(experiment.workspace())
    committed = experiment.commit("results")

    assert found is not None
    assert (found.started, found.ran, found.seeds) == (
        "2026-11-22T06:00:00+00:00",
        ("split", "train"),
        {"model.random_state": 7},
    )
    assert found.seconds == first.seconds
    assert found.libraries["dvc"] and found.python.startswith("3.")
    assert experiment.pipeline.recorded(committed) == found
    assert experiment.pipeline.recorded(experiment.start) is None


@pytest.mark.slow
def test_a_run_in_which_nothing_ran_leaves_the_record_of_the_one_before(experiment: Experiment) -> None:
    experiment.pipeline.record(experiment.pipeline.run(), STARTED)
    before = experiment.pipeline.recorded(experiment.workspace())
    experiment.pipeline.record(experiment.pipeline.run(), STARTED + timedelta(days=1))

    assert before is not None
    assert experiment.pipeline.recorded(experiment.workspace()) == before


@pytest.mark.slow
def test_a_stage_that_fails_is_named_and_its_output_was_shown(experiment: Experiment) -> None:
    experiment.write("train.py", "import sys\nprint('no such column: age')\nsys.exit(3)\n")
    lines: list[str] = []

    with pytest.raises(
        PipelineError, match=r"stage `train` failed: `python train\.py` .* status 3"
    ) as caught:
        experiment.pipeline.run(on_line=lines.append)

    assert caught.value.where == "dvc.yaml"
    assert "no such column: age" in lines


@pytest.mark.slow
def test_a_stage_whose_input_is_missing_is_named(experiment: Experiment) -> None:
    (experiment.root / "data.csv").unlink()

    with pytest.raises(PipelineError, match=r"stage `split` cannot run: .*data\.csv"):
        experiment.pipeline.run()


@pytest.mark.slow
def test_a_broken_dvc_yaml_is_told_with_its_line_in_dvcs_words(experiment: Experiment) -> None:
    experiment.write("dvc.yaml", "stages:\n  train:\n    cmmd: python train.py\n")

    with pytest.raises(PipelineError, match="extra keys not allowed") as caught:
        experiment.pipeline.run()

    assert caught.value.where == "dvc.yaml:3"


@pytest.mark.slow
def test_a_repository_without_dvc_is_told_to_set_it_up(experiment: Experiment) -> None:
    (experiment.root / ".dvc").rename(experiment.root / "away")

    with pytest.raises(PipelineError, match="not set up") as caught:
        experiment.pipeline.run()

    assert caught.value.hint is not None and "dvc init" in caught.value.hint


@pytest.mark.slow
def test_after_ctrl_c_in_a_stage_nothing_is_left_and_the_next_run_works(experiment: Experiment) -> None:
    experiment.write("train.py", "import os, time\nprint('pid', os.getpid())\ntime.sleep(60)\n")
    pids: list[int] = []

    def interrupt(line: str) -> None:
        if line.startswith("pid "):
            pids.append(int(line.split()[1]))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        experiment.pipeline.run(on_line=interrupt)

    assert not is_alive(pids[0])
    experiment.process.run(["git", "checkout", "train.py"], cwd=experiment.root)
    assert told(experiment.pipeline.run()) == {"split": "unchanged", "train": "ran"}
