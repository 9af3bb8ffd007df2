"""Repeated runs: what is run, what is written down, and at which revision it is known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.fakes.experiments import FILES, PIPELINE
from tests.fakes.progress import Silence
from tests.fakes.repositories import HermeticProcess, commit_files

from emel.config import load
from emel.errors import PipelineError, ResultsError
from emel.experiments.noise import FILE
from emel.gitrepo import GitRepo
from emel.records import Noise, Revision, from_json, to_json
from emel.system.clock import SystemClock
from emel.system.http import SystemHttp
from emel.workflows.machine import System
from emel.workflows.noise import known_noise, measure_noise
from emel.workflows.project import Project
from emel.workflows.run import run

MODEL = '[model]\nname = "churn"\npath = "model.txt"\nsample = "data.csv"\n'
GATE = '[gate.accuracy]\nmax_drop = 0\nnoise = "auto"\n'
# The seed moves the accuracy by a tenth up or down; the depth makes it no worse.
TRAIN = FILES["train.py"].replace("depth / 10", "[0.5, 0.4, 0.6][int(re.search(r'seed: (.)', TEXT)[1]) % 3]")
PARAMS = "depth: 2\nseed: 3\nunused: {seed: 1}\n"
SEEDED = {
    **FILES,
    "dvc.yaml": PIPELINE.replace("[depth]", "[depth, seed]"),
    "train.py": "TEXT = open('params.yaml').read()" + TRAIN,
    "params.yaml": PARAMS,
    "emel.toml": MODEL + GATE,
}


def project(folder: Path, files: dict[str, str]) -> Project:
    root = folder / "project"
    root.mkdir()
    process = HermeticProcess(folder / "home")
    commit_files(GitRepo.init(root, process), "Start", files)
    return Project(root, load(root / "emel.toml"), System(process, SystemHttp(env={}), SystemClock()))


def at(project: Project, label: str) -> Revision:
    return Revision(label=label, commit=project.repo().head())


def write(project: Project, *values: float, lock: str = "1") -> None:
    """A file of noise, and the dvc.lock that it was measured at or another one."""
    metric = {"values": values, "mean": 0.0, "std": 0.1}
    digest = "sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"
    (project.root / "dvc.lock").write_text(lock)
    (project.root / FILE).write_text(
        json.dumps({"lock": digest, "seeds": {}, "metrics": {"accuracy": metric}})
    )


@pytest.mark.slow
def test_repeated_runs_get_the_next_seeds_and_leave_the_working_tree_alone(tmp_path: Path) -> None:
    here = project(tmp_path, SEEDED)
    first = run(here, repeat=3, seed_params=["seed"], progress=Silence())
    assert first.noise is not None
    assert first.noise.seeds == {"seed": (3, 4, 5)}
    assert first.noise.metrics["accuracy"].values == (0.5, 0.4, 0.6)
    assert first.noise.metrics["test.loss"].std == 0
    assert (here.root / "params.yaml").read_text() == PARAMS
    assert from_json((here.root / FILE).read_bytes(), Noise) == first.noise
    assert to_json(json.loads((here.root / "metrics.json").read_bytes())["accuracy"]) == b"0.5"

    with pytest.raises(PipelineError, match="no stage depends on unused"):
        measure_noise(here, 3, {"unused.seed": 1}, progress=Silence())
    assert from_json((here.root / FILE).read_bytes(), Noise) == first.noise


@pytest.mark.parametrize(
    ("named", "said"), [("rate", "no parameter `rate`"), ("name", "a seed is a whole number")]
)
def test_what_is_no_seed_is_told_before_anything_runs(tmp_path: Path, named: str, said: str) -> None:
    files = {"emel.toml": MODEL, "params.yaml": "name: forest\nseed: 1\n"}

    with pytest.raises(PipelineError, match=said):
        run(project(tmp_path, files), repeat=3, seed_params=[named], progress=Silence())


def test_seeds_are_the_whole_numbers_whose_name_says_so(tmp_path: Path) -> None:
    params = "seed: 1\nforest: {random_state: 42, seeds: 3}\nseed_name: x\nnet: {seed: null}\n"
    pipeline = project(tmp_path, {"emel.toml": MODEL, "params.yaml": params}).pipeline()

    assert pipeline.seeds() == {"seed": 1, "forest.random_state": 42}
    assert pipeline.seeds(["forest.seeds"]) == {"forest.seeds": 3}


def test_the_noise_of_a_commit_is_known_without_a_checkout(tmp_path: Path) -> None:
    here = project(tmp_path, {"emel.toml": MODEL})
    write(here, 0.1, 0.2, 0.3)
    commit_files(here.repo(), "Measured", {})
    base = at(here, "base")
    (here.root / FILE).unlink()

    ((source, noise),) = known_noise(here, base, Revision(label="workspace", commit=base.commit))
    assert (source.revision, source.runs, source.current) == ("base", 3, True)
    assert noise.metrics["accuracy"].values == (0.1, 0.2, 0.3)


def test_one_measurement_that_both_sides_have_counts_once_and_a_new_one_of_the_candidate_too(
    tmp_path: Path,
) -> None:
    here = project(tmp_path, {"emel.toml": MODEL})
    write(here, 0.1, 0.2, 0.3)
    commit_files(here.repo(), "Measured", {})
    base = at(here, "base")
    tree = Revision(label="workspace", commit=base.commit, changes=("dvc.lock",))
    (here.root / "dvc.lock").write_text("2")
    assert [source.revision for source, _ in known_noise(here, base, tree)] == ["base"]

    write(here, 0.4, 0.5, 0.6, 0.7, lock="1")
    assert [source.runs for source, _ in known_noise(here, base, tree)] == [3, 4]

    write(here, 0.4, 0.5, 0.6, lock="3")
    assert [source.revision for source, _ in known_noise(here, base, tree)] == ["base"]
    ((alone, _),) = known_noise(here, None, tree)
    assert not alone.current


def test_a_file_of_noise_that_is_broken_names_itself(tmp_path: Path) -> None:
    here = project(tmp_path, {"emel.toml": MODEL, FILE: "{"})

    with pytest.raises(ResultsError) as caught:
        known_noise(here, None, at(here, "main"))
    assert caught.value.where == f"{FILE} (main)"
