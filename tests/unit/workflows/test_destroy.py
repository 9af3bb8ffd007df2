"""`emel destroy` asks first, and takes the project's own function alone; `emel scale` where tags scale."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console
from tests.fakes.bundles import ECHO, write_bundle

from emel.cli.render import doomed
from emel.config import load
from emel.errors import DeployError
from emel.localcloud import Store
from emel.records import Doomed, FunctionSettings, StoredObjects
from emel.system.clock import SystemClock
from emel.system.http import SystemHttp
from emel.system.process import SystemProcess
from emel.workflows.destroy import destroy
from emel.workflows.machine import System
from emel.workflows.project import Project
from emel.workflows.scale import scale


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with its function `demo`, and another's beside it, on the local platform."""
    file = tmp_path / "emel.toml"
    file.write_text('[model]\nname = "demo"\npath = "model.joblib"\nsample = "sample.csv"\n')
    store = Store(tmp_path / ".emel" / "local")
    for name in ("demo", "other"):
        store.create_version(
            name,
            write_bundle(tmp_path, ECHO),
            model_version="v1.0.0",
            commit=None,
            settings=FunctionSettings(),
        )
    return Project(tmp_path, load(file), System(SystemProcess(), SystemHttp(), SystemClock()))


def functions(project: Project) -> tuple[str, ...]:
    return Store(project.state / "local").functions()


def test_what_goes_is_shown_before_and_a_no_keeps_it(project: Project) -> None:
    shown: list[Doomed] = []

    def no(what: Doomed) -> bool:
        shown.append(what)
        return False

    with pytest.raises(DeployError, match="nothing was deleted"):
        destroy(project, agreed=no)
    assert [(what.function, len(what.versions)) for what in shown] == [("demo", 1)]
    assert functions(project) == ("demo", "other")


def test_what_lies_in_buckets_is_listed_before() -> None:
    screen = Console(width=100, file=io.StringIO())
    stored = (
        StoredObjects(bucket="yesterday", objects=2, bytes=150_000_000),
        StoredObjects(bucket="today", objects=1, bytes=3000),
    )
    what = Doomed(cloud="yandex", function="demo", versions=(), gateway="https://d5d.example", stored=stored)
    screen.print(doomed(what))
    shown = screen.file.getvalue()  # type: ignore[attr-defined]
    assert "API gateway https://d5d.example" in shown
    assert re.search("in bucket yesterday: 2 objects.*, 150 MB", shown)
    assert re.search("in bucket today: 1 object.*, 3 KB", shown)


def test_the_projects_function_goes_and_no_other(project: Project) -> None:
    assert destroy(project).functions == ("demo",)
    assert functions(project) == ("other",)


def test_where_there_is_nothing_nobody_is_asked(project: Project) -> None:
    destroy(project)

    def never(_: Doomed) -> bool:
        raise AssertionError("there is nothing to ask about")

    assert destroy(project, agreed=never).functions == ()


def test_on_this_machine_a_version_carries_its_scaling(project: Project) -> None:
    with pytest.raises(DeployError, match="the scaling belongs to each version") as problem:
        scale(project, provisioned=1, to="local")
    assert "max_instances" in str(problem.value.hint)
