"""A comparison with production is shown in the report as long as both sides are what they were."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from tests.fakes import results
from tests.fakes.repositories import HermeticProcess

from emel.config import load
from emel.records import FunctionVersion
from emel.system.clock import SystemClock
from emel.system.http import SystemHttp
from emel.workflows.kept_shadow import keep_shadow, kept_shadow
from emel.workflows.machine import System
from emel.workflows.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    toml = '[model]\nname = "churn"\npath = "model.joblib"\nsample = "sample.csv"\n'
    (tmp_path / "emel.toml").write_text(toml)
    system = System(HermeticProcess(tmp_path / "home"), SystemHttp(), SystemClock())
    return Project(tmp_path, load(tmp_path / "emel.toml"), system)


def version(digest: str) -> FunctionVersion:
    return msgspec.structs.replace(results.endpoint().version, digest=digest)


OLD, NEW = version("sha256:01"), version("sha256:02")


def test_what_was_kept_is_found_with_all_of_it(project: Project) -> None:
    whole = msgspec.structs.replace(results.shadow(), recent=results.shadow())
    keep_shadow(project, "mr-1", OLD, NEW, whole)

    assert kept_shadow(project, "mr-1", OLD, NEW) == whole
    assert (project.state / ".gitignore").is_file()


def test_of_another_tag_or_another_bundle_nothing_is_kept(project: Project) -> None:
    keep_shadow(project, "mr-1", OLD, NEW, results.shadow())

    assert kept_shadow(project, "mr-2", OLD, NEW) is None
    assert kept_shadow(project, "mr-1", NEW, NEW) is None
    assert kept_shadow(project, "mr-1", OLD, version("sha256:03")) is None


def test_what_another_emel_wrote_is_not_taken(project: Project) -> None:
    keep_shadow(project, "mr-1", OLD, NEW, results.shadow())
    (project.state / "shadow" / "mr-1.json").write_text('{"production": "sha256:01"}')

    assert kept_shadow(project, "mr-1", OLD, NEW) is None
