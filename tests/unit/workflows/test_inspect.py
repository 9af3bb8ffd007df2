"""Where an endpoint or a bundle came from, as far as it, the repository and the forge know."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.gitlab import FakeGitLab
from tests.fakes.progress import Silence
from tests.fakes.repositories import HermeticProcess
from tests.fakes.versions import Remote, remote

from emel.errors import BundleError, EndpointError
from emel.records import Origin
from emel.system.clock import SystemClock
from emel.system.http import HttpReply, SystemHttp
from emel.workflows.inspect import inspect
from emel.workflows.machine import System

COMMIT = "3" * 40
URL = "https://functions.example.com/d4e?tag=prod"
DESCRIBED: dict[str, Any] = {
    "tier": "pure",
    "model": {
        "name": "churn",
        "version": "v1.2.0",
        "commit": COMMIT,
        "description": "LogisticRegression",
        "source_digest": "sha256:01",
    },
    "libraries": {"scikit-learn": "1.9.1"},
    "parity": {"rows": 142, "max_abs_diff": 1e-15, "labels_equal": True},
    "metrics": {"accuracy": 0.97},
}


class Answers:
    """A server with an answer for each address, and 404 for all others."""

    def __init__(self, answers: dict[str, bytes]) -> None:
        self._answers = answers
        self._http = SystemHttp(env={})

    def request(self, method: str, url: str, **options: Any) -> HttpReply:
        if "127.0.0.1" in url:
            return self._http.request(method, url, **options)
        found = self._answers.get(url)
        return HttpReply(404, {}, b"<html>no</html>") if found is None else HttpReply(200, {}, found)

    def upload(self, method: str, url: str, file: Path, **options: Any) -> HttpReply:
        raise AssertionError("nothing is sent")

    def download(self, url: str, target: Path, **options: Any) -> HttpReply:
        raise AssertionError("nothing is fetched")


def asked(
    folder: Path, answers: dict[str, bytes], source: str = URL, env: dict[str, str] | None = None
) -> Origin:
    system = System(HermeticProcess(folder.parent / "home"), Answers(answers), SystemClock())
    return inspect(folder, system, source, env=env or {}, progress=Silence())


@pytest.mark.parametrize(
    "address", [URL, "https://functions.example.com/d4e/metadata?tag=prod"], ids=["at it", "below it"]
)
def test_an_endpoint_tells_its_model_wherever_one_stands(tmp_path: Path, address: str) -> None:
    found = asked(tmp_path, {address: json.dumps(DESCRIBED).encode()})

    assert (found.name, found.version, found.commit, found.tier) == ("churn", "v1.2.0", COMMIT, "pure")
    assert found.parity == {"rows": 142, "max_abs_diff": 1e-15, "labels_equal": True}
    assert found.metrics == {"accuracy": 0.97}
    assert found.libraries == {"scikit-learn": "1.9.1"}


def test_outside_of_a_repository_what_cannot_be_known_is_said(tmp_path: Path) -> None:
    found = asked(tmp_path, {URL: json.dumps(DESCRIBED).encode()})

    assert (found.data, found.merge_request) == ({}, None)
    assert [note.partition(":")[0] for note in found.notes] == [
        "the data of the commit are not known here",
        "the merge request is not known",
    ]


@pytest.mark.parametrize("answer", [b"<html>", b"[1]", b'{"model": "churn"}', b'{"status": "ok"}'])
def test_what_is_no_endpoint_of_emel_is_an_error(tmp_path: Path, answer: bytes) -> None:
    with pytest.raises(EndpointError, match="no endpoint of emel"):
        asked(tmp_path, {URL: answer})


def test_a_file_that_is_no_bundle_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_text("no zip")

    with pytest.raises(BundleError, match="no zip that can be read"):
        asked(tmp_path, {}, "x.zip")


def test_what_is_neither_an_address_nor_a_file_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="neither an address with http") as caught:
        asked(tmp_path, {}, source="churn/prod")
    assert "as `emel deploy` prints it" in (caught.value.hint or "")


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Remote]:
    with FakeGitLab() as fake:
        yield remote(fake, tmp_path)


@pytest.mark.parametrize("commit_of", ["sha", "merge_commit_sha"])
def test_the_merge_request_that_brought_the_commit_is_found(there: Remote, commit_of: str) -> None:
    world, project = there.gitlab.world, there.project
    commit = there.repo.head()
    described = {**DESCRIBED, "model": {**DESCRIBED["model"], "commit": commit}}
    merged = world.merge_request(project, "topic", **{commit_of: commit}, state="merged")
    world.merge_request(project, "later", sha=commit)
    job = {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": there.gitlab.api_url,
        "CI_PROJECT_ID": str(project.id),
        "CI_PROJECT_PATH": project.path,
        "CI_PROJECT_URL": f"{there.gitlab.url}/{project.path}",
        "CI_JOB_TOKEN": world.job_token(project, "ada"),
    }
    answers = {URL: json.dumps(described).encode()}

    assert asked(there.repo.root, answers, env=job).merge_request == merged["web_url"]
