"""The GitLab of the tests keeps GitLab's rules, asked over HTTP as any client would."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.gitlab import GUEST, MAINTAINER, REPORTER, FakeGitLab, Project
from tests.fakes.repositories import HermeticProcess, commit_files

from emel.gitrepo import GitRepo
from emel.system.http import HttpReply, SystemHttp

HTTP = SystemHttp(env={})
NOTES = "/projects/1/merge_requests/1/notes"


def ask(
    gitlab: FakeGitLab, token: str, method: str, path: str, content: Any = None, header: str = "PRIVATE-TOKEN"
) -> HttpReply:
    body = None if content is None else json.dumps(content).encode()
    return HTTP.request(method, gitlab.api_url + path, body=body, headers={header: token})


@pytest.mark.parametrize(
    ("role", "scope", "status"),
    [
        (0, "api", 404),
        (GUEST, "api", 403),
        (REPORTER, "api", 201),
        (MAINTAINER, "read_api", 403),
        (MAINTAINER, "create_runner", 403),
    ],
)
def test_a_note_needs_role_and_scope(
    gitlab: FakeGitLab, project: Project, role: int, scope: str, status: int
) -> None:
    token = gitlab.world.project_token(project, role, scope)
    assert ask(gitlab, token, "POST", NOTES, {"body": "a"}).status == status


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", NOTES, 200),
        ("POST", NOTES, 401),
        ("POST", "/projects/1/uploads", 401),
        ("GET", "/user", 401),
        ("GET", "/projects/1", 401),
        ("POST", f"/projects/1/statuses/{'4' * 40}", 401),
        ("GET", "/projects/1/merge_requests/1", 200),
        ("GET", "/projects/1/releases", 200),
        ("GET", "/projects/1/environments", 200),
        ("GET", "/projects/1/packages", 200),
    ],
)
def test_a_job_token_reads_much_and_writes_little(
    gitlab: FakeGitLab, project: Project, method: str, path: str, status: int
) -> None:
    project.members[gitlab.world.user("ada").id] = MAINTAINER
    job = gitlab.world.job_token(project, "ada")
    assert (
        ask(gitlab, job, method, path, {"body": "a"} if method == "POST" else None, "JOB-TOKEN").status
        == status
    )


def test_a_token_works_in_its_own_header_and_a_project_token_in_its_own_project(
    gitlab: FakeGitLab, project: Project
) -> None:
    other = gitlab.world.project("team/fraud")
    token = gitlab.world.project_token(project)
    assert ask(gitlab, token, "GET", "/projects/1").status == 200
    assert ask(gitlab, f"Bearer {token}", "GET", "/projects/1", header="Authorization").status == 200
    assert ask(gitlab, token, "GET", "/projects/1", header="JOB-TOKEN").status == 401
    assert ask(gitlab, token, "GET", f"/projects/{other.id}").status == 404


def test_a_deploy_token_takes_packages_alone(gitlab: FakeGitLab, project: Project) -> None:
    token = gitlab.world.deploy_token(project, "read_package_registry", "write_package_registry")
    path = "/projects/1/packages/generic/churn/1.0.0/m.bin"
    assert ask(gitlab, token, "PUT", path, {}, "DEPLOY-TOKEN").status == 201
    assert ask(gitlab, token, "GET", NOTES, header="DEPLOY-TOKEN").status == 401


def test_quick_actions_run_and_mentions_call_but_not_in_code(gitlab: FakeGitLab, project: Project) -> None:
    token = gitlab.world.project_token(project)
    body = "Hello @ada, not `@bob`\n/close\n```\n/label ~x\n@carol\n```\n<!-- /merge\n@dave -->"
    reply = ask(gitlab, token, "POST", NOTES, {"body": body})

    assert reply.status == 201
    assert project.executed == ["/close"]
    assert project.mentioned == ["@ada"]
    assert "/close" not in project.notes[0].body


@pytest.mark.parametrize(
    ("body", "status"), [("", 400), ("x" * 1_000_000, 201), ("x" * 1_000_001, 400), ("/close\n", 202)]
)
def test_bodies_have_limits(gitlab: FakeGitLab, project: Project, body: str, status: int) -> None:
    token = gitlab.world.project_token(project)
    assert ask(gitlab, token, "POST", NOTES, {"body": body}).status == status


def test_pages_lead_to_the_next_and_the_last_to_none(gitlab: FakeGitLab, project: Project) -> None:
    token = gitlab.world.project_token(project)
    for _ in range(5):
        ask(gitlab, token, "POST", NOTES, {"body": "a"})
    first = ask(gitlab, token, "GET", f"{NOTES}?per_page=3")
    last = ask(gitlab, token, "GET", f"{NOTES}?per_page=3&page=2")

    assert (first.headers["x-total"], first.headers["x-next-page"]) == ("5", "2")
    assert 'page=2>; rel="next"' in first.headers["link"]
    assert 'rel="next"' not in last.headers["link"]
    assert [len(json.loads(page.body)) for page in (first, last)] == [3, 2]


def test_a_package_of_two_tries_has_two_files(gitlab: FakeGitLab, project: Project) -> None:
    token = gitlab.world.project_token(project)
    path = "/projects/1/packages/generic/churn/1.0.0/m.bin"
    assert [ask(gitlab, token, "PUT", path, {}).status for _ in range(2)] == [201, 201]
    assert len(project.package_files) == 2
    project.duplicate_packages = False
    assert ask(gitlab, token, "PUT", path, {}).status == 400


def test_an_environment_is_stopped_before_it_is_deleted(gitlab: FakeGitLab, project: Project) -> None:
    token = gitlab.world.project_token(project)
    ask(gitlab, token, "POST", "/projects/1/environments", {"name": "preview/mr-1"})
    statuses = [
        ask(
            gitlab, token, method, f"/projects/1/environments/1{action}", {} if method == "POST" else None
        ).status
        for method, action in (("DELETE", ""), ("POST", "/stop"), ("DELETE", ""))
    ]
    assert statuses == [403, 200, 204]


def test_a_release_makes_its_tag_in_the_repository_and_a_merge_moves_the_branch(
    gitlab: FakeGitLab, tmp_path: Path
) -> None:
    process = HermeticProcess(tmp_path / "home")
    (tmp_path / "work").mkdir()
    work = GitRepo.init(tmp_path / "work", process)
    commit_files(work, "begin", {"a.txt": "1\n"})
    work.switch("topic", create=True)
    tip = commit_files(work, "more", {"b.txt": "2\n"})
    bare = tmp_path / "bare.git"
    process.run(["git", "clone", "--quiet", "--bare", work.root, bare])
    project = gitlab.world.project("team/churn", repository=bare)
    token = gitlab.world.project_token(project, MAINTAINER)
    opened = {"source_branch": "topic", "target_branch": "main", "title": "More"}

    missing = ask(gitlab, token, "POST", "/projects/1/merge_requests", {**opened, "source_branch": "none"})
    made = ask(gitlab, token, "POST", "/projects/1/merge_requests", opened)
    found = ask(gitlab, token, "GET", f"/projects/1/repository/commits/{tip}/merge_requests")
    merged = ask(gitlab, token, "PUT", "/projects/1/merge_requests/1/merge", {})
    released = ask(
        gitlab,
        token,
        "POST",
        "/projects/1/releases",
        {"tag_name": "v1", "ref": "main", "tag_message": "first"},
    )

    assert (missing.status, made.status, merged.status, released.status) == (422, 201, 200, 201)
    assert [each["iid"] for each in json.loads(found.body)] == [1]
    said = subprocess.run(
        ["git", "--git-dir", bare, "log", "--format=%s", "v1"], capture_output=True, text=True, check=True
    )
    assert said.stdout.split("\n")[0] == "Merge branch 'topic' into 'main'"
    kind = subprocess.run(
        ["git", "--git-dir", bare, "cat-file", "-t", "v1"], capture_output=True, text=True, check=True
    )
    assert kind.stdout == "tag\n"


def test_what_is_no_route_is_not_found_and_a_wrong_method_not_allowed(
    gitlab: FakeGitLab, project: Project
) -> None:
    token = gitlab.world.project_token(project)
    assert ask(gitlab, token, "GET", "/nonsense").status == 404
    assert ask(gitlab, token, "DELETE", NOTES).status == 405
    assert HTTP.request("GET", f"{gitlab.url}/team/churn").status == 404
