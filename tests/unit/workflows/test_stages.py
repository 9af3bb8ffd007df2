"""A stage is a tag of the function and a tag in Git, which move together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.fakes.bundles import ECHO, bundle_record, write_bundle
from tests.fakes.gitlab import FakeGitLab
from tests.fakes.progress import Silence
from tests.fakes.versions import Remote, remote

from emel.bundle.shelf import Shelf
from emel.config import load
from emel.errors import DeployError
from emel.localcloud import Store, running, stop
from emel.records import StageMove
from emel.registry import register
from emel.system.clock import SystemClock
from emel.system.http import SystemHttp
from emel.workflows.machine import System
from emel.workflows.project import Project
from emel.workflows.register import list_versions
from emel.workflows.stages import promote_version, rollback_version

TOML = '[model]\nname = "churn"\npath = "model.joblib"\nsample = "sample.csv"\n[local]\nport = 0\n'

pytestmark = pytest.mark.slow


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Remote]:
    with FakeGitLab() as fake:
        yield remote(fake, tmp_path)


@pytest.fixture
def project(there: Remote) -> Iterator[Project]:
    """A project with v1.0.0 and v1.1.0, whose bundles are on the shelf."""
    root = there.repo.root
    (root / "emel.toml").write_text(TOML)
    system = System(there.process, SystemHttp(env={}), SystemClock())
    made = Project(root, load(root / "emel.toml"), system)
    shelf = made.claim_state() / "bundles"
    shelf.mkdir()
    for version in ("v1.0.0", "v1.1.0"):
        commit = there.commit(version)
        register(there.repo, name="churn", version=version, revision="HEAD")
        path = write_bundle(shelf, ECHO, "churn", version)
        record = bundle_record(path, name="churn", version=version)
        Shelf(shelf).put(msgspec.structs.replace(record, commit=commit))
    yield made
    server = running(Store(made.state / "local"))
    if server is not None:
        stop(server)


def promoted(project: Project, version: str | None) -> StageMove:
    return promote_version(project, version, env={}, progress=Silence())


def test_promoting_moves_both_tags_and_rolling_back_returns_both(there: Remote, project: Project) -> None:
    # Without a name it is the version of the commit that is checked out.
    first, second = promoted(project, "v1.0.0"), promoted(project, None)
    back = rollback_version(project, env={}, progress=Silence())

    moves = [(move.before, move.version.version, move.tag, move.pushed) for move in (first, second, back)]
    assert moves == [
        (None, "v1.0.0", "churn#prod#1", True),
        ("v1.0.0", "v1.1.0", "churn#prod#2", True),
        ("v1.1.0", "v1.0.0", "churn#prod#3", True),
    ]
    assert [move.endpoint.version.model_version for move in (first, second, back)] == [
        "v1.0.0",
        "v1.1.0",
        "v1.0.0",
    ]
    assert back.endpoint.version.number == first.endpoint.version.number, "nothing was built again"
    assert [tag.name for tag in there.bare.tags("churn#*")] == [
        "churn#prod#1",
        "churn#prod#2",
        "churn#prod#3",
    ]
    assert [(item.version, item.stages) for item in list_versions(project)] == [
        ("v1.1.0", ()),
        ("v1.0.0", ("prod",)),
    ]

    again = promoted(project, "v1.0.0")
    assert (again.tag, again.endpoint.changed) == ("churn#prod#3", False)


def test_a_remote_that_takes_no_tag_is_said_and_the_endpoint_answers_all_the_same(
    there: Remote, project: Project
) -> None:
    hook = there.bare.root / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'GitLab: you may not' >&2\nexit 1\n")
    hook.chmod(0o755)

    move = promoted(project, "v1.0.0")

    assert not move.pushed and "you may not" in (move.reason or "")
    assert move.endpoint.version.model_version == "v1.0.0"


def test_a_stage_that_no_cloud_could_have_is_refused_before_anything_happens(
    there: Remote, project: Project
) -> None:
    with pytest.raises(DeployError, match="cannot be a tag"):
        promote_version(project, "v1.0.0", stage="Prod", env={}, progress=Silence())
    assert there.repo.tags("churn#*") == ()
