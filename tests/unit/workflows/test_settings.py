"""A bundle stands for the settings that it was made by: another setting, another bundle."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.repositories import HermeticProcess

from emel.config import load
from emel.system.clock import SystemClock
from emel.system.http import SystemHttp
from emel.workflows.machine import System
from emel.workflows.project import Project
from emel.workflows.settings import settings_digest

TOML = '[model]\nname = "churn"\npath = "model.joblib"\nsample = "sample.csv"\nrequirements = "r.txt"\n'


def digest(folder: Path, more: str = "", requirements: str = "numpy") -> str:
    (folder / "emel.toml").write_text(TOML + more)
    (folder / "r.txt").write_text(requirements)
    process = HermeticProcess(folder / "home")
    project = Project(folder, load(folder / "emel.toml"), System(process, SystemHttp(), SystemClock()))
    return settings_digest(project)


@pytest.mark.parametrize(
    "more",
    [
        'keep = ["tests"]', "tolerance = 1e-3", 'target = "y"', "max_latency = 1", 'python = "bin/python"',
        "[function]\ncalls_per_instance = 5", '[function]\ncors = ["*"]', "[logging]\npredictions = true",
    ],
)  # fmt: skip
def test_what_makes_another_bundle_makes_another_digest(tmp_path: Path, more: str) -> None:
    assert digest(tmp_path, more) != digest(tmp_path)


def test_requirements_count_by_what_they_say(tmp_path: Path) -> None:
    assert digest(tmp_path, requirements="numpy") != digest(tmp_path, requirements="scipy")


@pytest.mark.parametrize(
    "more", ["[function]\nmemory = 256", "[cost]\ncalls_per_month = 5", 'tier = "pure"', "[local]\nport = 1"]
)
def test_how_a_function_runs_makes_no_other_bundle(tmp_path: Path, more: str) -> None:
    assert digest(tmp_path, more) == digest(tmp_path)
