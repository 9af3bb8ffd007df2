"""A bundle on the shelf is taken again while its files and its settings are the same, and no longer."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from tests.fakes.bundles import ECHO, bundle_record, write_bundle
from tests.fakes.progress import Silence
from tests.fakes.repositories import HermeticProcess, commit_files

from emel import __version__
from emel.config import load
from emel.gitrepo import GitRepo
from emel.records import Revision
from emel.system.clock import SystemClock
from emel.system.files import sha256_of
from emel.system.http import SystemHttp
from emel.workflows.cost import price
from emel.workflows.machine import System
from emel.workflows.package import find_bundle, shelf_of, version_of
from emel.workflows.project import Project
from emel.workflows.revisions import candidate_revision
from emel.workflows.settings import settings_digest
from emel.workflows.simulate import Demand, simulated

TOML = '[model]\nname = "churn"\npath = "exported"\nsample = "rows.csv"\n'
MLMODEL = "flavors:\n  lightgbm:\n    data: model.lgb\n"


def opened(root: Path, more: str = "") -> Project:
    (root / "emel.toml").write_text(TOML + more)
    system = System(HermeticProcess(root / "home"), SystemHttp(), SystemClock())
    return Project(root, load(root / "emel.toml"), system)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with an MLflow model, and the bundle that was made of it on the shelf."""
    root = tmp_path / "repository"
    root.mkdir()
    repo = GitRepo.init(root, HermeticProcess(root / "home"))
    model = "tree\nversion=v4\n"
    files = {"rows.csv": "a\n1\n", "exported/MLmodel": MLMODEL, "exported/model.lgb": model}
    commit_files(repo, "first", {**files, "emel.toml": TOML, ".gitignore": "home\nemel.toml\n"})
    project = opened(root)
    version = version_of(repo, "churn", candidate_revision(project))
    place = shelf_of(project).place("churn", version)
    place.parent.mkdir()
    write_bundle(place.parent, ECHO, "churn", version)
    shelf_of(project).put(
        msgspec.structs.replace(
            bundle_record(place, name="churn", version=version),
            built_by=__version__,
            source_digest=sha256_of(root / "exported/model.lgb"),
            sample_digest=sha256_of(root / "rows.csv"),
            settings_digest=settings_digest(project),
        )
    )
    return root


def found(root: Path, more: str = "") -> bool:
    project = opened(root, more)
    return find_bundle(project, candidate_revision(project)) is not None


def test_the_same_files_and_settings_find_it(root: Path) -> None:
    assert found(root)


@pytest.mark.parametrize(
    ("revision", "version"),
    [
        (Revision(label="main", commit="a" * 40), "0.0.0+aaaaaaaa"),
        (Revision(label="workspace", commit="a" * 40, changes=("m",), results=("m",)), "0.0.0+aaaaaaaa"),
        (Revision(label="workspace", commit="a" * 40, changes=("m",)), "0.0.0+aaaaaaaa.dirty"),
    ],
    ids=["a commit", "what came of it", "something edited"],
)
def test_a_version_says_whether_anything_was_edited(revision: Revision, version: str, repo: GitRepo) -> None:
    assert version_of(repo, "churn", revision) == version


def test_other_results_than_those_of_a_version_are_not_called_it(repo: GitRepo) -> None:
    commit = commit_files(repo, "first", {"m": "1"})
    repo.create_tag("churn@v1.0.0", "One", commit)
    made_again = Revision(label="workspace", commit=commit, changes=("m",), results=("m",))

    assert version_of(repo, "churn", Revision(label="main", commit=commit)) == "v1.0.0"
    assert version_of(repo, "churn", made_again) == f"0.0.0+{commit[:8]}.dirty"


@pytest.mark.parametrize("more", ['keep = ["tests"]', "tolerance = 1e-3", 'tier = "onnx"'])
def test_another_setting_does_not(root: Path, more: str) -> None:
    assert not found(root, more)


@pytest.mark.parametrize("memory", [128, 1024, 8192])
def test_a_simulation_takes_a_call_to_last_as_long_as_the_estimate_does(root: Path, memory: int) -> None:
    project = opened(root, f"[function]\nmemory = {memory}\n")
    [bundle] = shelf_of(project).all()
    demand = Demand("constant", 1.0, 10.0)
    simulation = simulated(project, demand, cloud="yandex", progress=Silence())
    estimate = price(project, bundle)

    assert simulation.call_seconds == pytest.approx(estimate.seconds_per_call)
    assert simulation.start_seconds == pytest.approx(estimate.projected_cold_start_seconds)
