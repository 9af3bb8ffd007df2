"""Where `register` makes a release, and where the tag alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.gitlab import FakeGitLab
from tests.fakes.progress import Silence
from tests.fakes.versions import Remote, remote

from emel.config import load
from emel.errors import ForgeError, MissingTokenError, RegistryError, RepositoryError
from emel.records import Registration
from emel.registry import versions
from emel.system.clock import SystemClock
from emel.system.http import SystemHttp
from emel.workflows.machine import System
from emel.workflows.project import Project
from emel.workflows.release import release

TOML = '[model]\nname = "churn"\npath = "model.txt"\nsample = "sample.csv"\n'


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Remote]:
    with FakeGitLab() as fake:
        made = remote(fake, tmp_path)
        (made.repo.root / "emel.toml").write_text(TOML)
        made.commit("adopted")
        yield made


def released(there: Remote, env: dict[str, str]) -> Registration:
    root = there.repo.root
    project = Project(
        root, load(root / "emel.toml"), System(there.process, SystemHttp(env={}), SystemClock())
    )
    return release(project, env=env, progress=Silence())


def git(there: Remote, *arguments: str) -> None:
    there.process.run(["git", *arguments], cwd=there.repo.root)


def test_a_remote_that_is_no_gitlab_gets_nothing_and_the_tag_is_made_here(there: Remote) -> None:
    done = released(there, {})

    assert done.version.tag == "churn@v1.0.0" and done.release is None
    assert "is no project on a GitLab server" in (done.reason or "")
    assert done.hint == "share the tag: git push origin churn@v1.0.0"
    assert there.bare.tags("churn@*") == ()


def test_without_any_remote_there_is_nothing_to_push_to(there: Remote) -> None:
    git(there, "remote", "remove", "origin")
    done = released(there, {})

    assert (done.reason, done.hint) == ("the repository has no remote named `origin`", None)
    assert len(versions(there.repo, "churn")) == 1


def test_a_job_whose_server_cannot_be_asked_makes_no_tag_that_would_be_lost(there: Remote) -> None:
    with pytest.raises(ForgeError):
        released(there, {"GITLAB_CI": "true", "CI_PROJECT_ID": "1"})
    assert versions(there.repo, "churn") == ()


def test_a_job_without_a_token_says_so_before_it_packages_anything(there: Remote) -> None:
    job = {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": there.gitlab.api_url,
        "CI_PROJECT_ID": str(there.project.id),
        "CI_PROJECT_PATH": there.project.path,
        "CI_PROJECT_URL": f"{there.gitlab.url}/{there.project.path}",
    }
    with pytest.raises(MissingTokenError):
        released(there, job)
    assert versions(there.repo, "churn") == ()


def test_the_pipeline_of_a_merge_request_registers_nothing(there: Remote) -> None:
    with pytest.raises(RegistryError, match="pipeline of a merge request"):
        released(there, {"CI_MERGE_REQUEST_IID": "7"})


def test_results_that_are_not_committed_get_no_version(there: Remote) -> None:
    (there.repo.root / "dvc.lock").write_text("new")

    with pytest.raises(RepositoryError, match=r"1 changes are not in one: dvc\.lock"):
        released(there, {})


def test_versions_that_cannot_be_fetched_are_not_guessed(there: Remote) -> None:
    git(there, "remote", "set-url", "origin", "http://ada:secret@127.0.0.1:9/team/churn.git")

    with pytest.raises(RepositoryError, match="versions of churn cannot be fetched") as raised:
        released(there, {"EMEL_GITLAB_TOKEN": "t"})
    assert "secret" not in str(raised.value)
    assert versions(there.repo, "churn") == ()
