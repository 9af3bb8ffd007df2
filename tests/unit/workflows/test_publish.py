"""Publishing a report: where it goes, and that a CI job succeeds whatever GitLab says."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.gitlab import BAD_GATEWAY, DEVELOPER, RETRY_LATER, FakeGitLab, Fault, Project, Reply
from tests.fakes.gitlab.project import COMMIT, job_variables, usual_project
from tests.fakes.progress import Silence
from tests.fakes.repositories import HermeticProcess, commit_files

from emel.errors import ForgeError, RepositoryError
from emel.gitrepo import GitRepo
from emel.records import Picture, RenderedReport
from emel.system.http import SystemHttp
from emel.workflows.machine import System
from emel.workflows.publish import Publication, publish, shortened


def report(*names: str, commit: str = COMMIT, parts: tuple[str, ...] | None = None) -> RenderedReport:
    pictures = []
    for name in names:
        digest = "sha256:" + hashlib.sha256(name.encode()).hexdigest()
        pictures.append(Picture(file_name=f"{name}.png", digest=digest, content=name.encode()))
    shown = "\n".join(f"![{picture.file_name}]({picture.placeholder})" for picture in pictures)
    return RenderedReport(
        headline="Gate passed",
        passed=True,
        commit=commit,
        metrics={"accuracy": 0.9, "by|pipe": 1.0},
        parts=parts or ("## Gate passed", shown),
        pictures=tuple(pictures),
        html="<html></html>",
    )


@pytest.fixture
def project(gitlab: FakeGitLab) -> Project:
    return usual_project(gitlab)


@pytest.fixture
def system(gitlab: FakeGitLab, tmp_path: Path) -> System:
    return System(HermeticProcess(tmp_path / "home"), SystemHttp(env={}), gitlab.clock)


def in_job(
    gitlab: FakeGitLab, project: Project, system: System, rendered: RenderedReport, **env: str
) -> Publication:
    variables = job_variables(gitlab, project, **env)
    return publish(
        rendered,
        root=Path("/nowhere"),
        part="churn",
        artifact=".emel/report",
        system=system,
        env=variables,
        progress=Silence(),
    )


def test_the_report_stands_in_the_merge_request_with_its_pictures_and_a_link_to_the_page(
    gitlab: FakeGitLab, project: Project, system: System
) -> None:
    token = gitlab.world.project_token(project)
    done = in_job(gitlab, project, system, report("roc"), GITLAB_TOKEN=token)
    body = project.notes[0].body

    assert done.url == f"{gitlab.url}/team/churn/-/merge_requests/1#note_1"
    assert "\n## Gate passed\n\n![roc.png](/uploads/00000000000000000000000000000001/roc.png)\n" in body
    assert (
        f"[The whole report]({gitlab.url}/team/churn/-/jobs/200/artifacts/file/.emel/report/report.html)"
        in body
    )
    assert "picture:" not in body


def test_the_history_of_metrics_is_folded_under_it(
    gitlab: FakeGitLab, project: Project, system: System
) -> None:
    token = gitlab.world.project_token(project)
    for number in (1, 2):
        again = report(commit=f"{number}" * 40)
        in_job(gitlab, project, system, again, GITLAB_TOKEN=token, CI_PIPELINE_ID=str(number))
    told = project.notes[0].body.partition("<!-- emel:history -->\n")[2]

    assert told.splitlines() == [
        "<details><summary>The last 2 runs</summary>",
        "",
        "| Commit | Gate | accuracy | by\\|pipe |",
        "| --- | --- | ---: | ---: |",
        "| `22222222` | 🟢 passed | 0.9000 | 1.0000 |",
        "| `11111111` | 🟢 passed | 0.9000 | 1.0000 |",
        "",
        "</details>",
    ]


def test_without_a_token_the_job_goes_on_and_says_which_to_add(
    gitlab: FakeGitLab, project: Project, system: System
) -> None:
    job = gitlab.world.job_token(project, "ada")
    done = in_job(gitlab, project, system, report("roc"), CI_JOB_TOKEN=job)

    assert done.url is None
    assert (
        done.reason is not None
        and "none of EMEL_GITLAB_TOKEN, GITLAB_TOKEN, REPO_TOKEN is set" in done.reason
    )
    assert done.hint is not None and "role Developer and scope `api`" in done.hint


@pytest.mark.parametrize(
    ("scopes", "role"), [(("read_api",), DEVELOPER), (("api",), 0)], ids=["read only", "no member"]
)
def test_a_weak_token_is_told_by_its_variable(
    gitlab: FakeGitLab, project: Project, system: System, scopes: tuple[str, ...], role: int
) -> None:
    project.members[gitlab.world.user("ada").id] = role
    weak = gitlab.world.token("ada", *scopes)
    done = in_job(gitlab, project, system, report(), REPO_TOKEN=weak)

    assert done.url is None
    assert done.reason is not None and "REPO_TOKEN" in done.reason and weak not in done.reason
    assert done.hint is not None and "scope `api`" in done.hint


def test_an_expired_token_is_told(gitlab: FakeGitLab, project: Project, system: System) -> None:
    token = gitlab.world.project_token(project)
    gitlab.world.tokens[token].revoked = True
    done = in_job(gitlab, project, system, report(), GITLAB_TOKEN=token)

    assert done.reason is not None and "invalid_token, Token was revoked" in done.reason
    assert done.hint is not None and "expired nor revoked" in done.hint


def test_a_pipeline_of_a_fork_goes_on(gitlab: FakeGitLab, project: Project, system: System) -> None:
    fork = gitlab.world.project("mallory/churn")
    target = {"CI_MERGE_REQUEST_PROJECT_ID": str(project.id), "CI_MERGE_REQUEST_PROJECT_PATH": project.path}
    env = {**job_variables(gitlab, fork), **target}
    token = gitlab.world.project_token(fork)
    for variables in (env, env | {"GITLAB_TOKEN": token}):
        done = publish(
            report(),
            root=Path(),
            part="churn",
            artifact="",
            system=system,
            env=variables,
            progress=Silence(),
        )
        assert done.url is None
        assert done.reason is not None and "runs in a fork" in done.reason
    assert project.notes == fork.notes == []


@pytest.mark.parametrize(
    "faults",
    [
        [BAD_GATEWAY] * 9,
        [RETRY_LATER] * 9,
        [Fault(cut="before")] * 9,
        [Fault(Reply(202, {"commands_changes": {}, "summary": []}))],
        [Fault(Reply(400, {"message": {"note": ["is odd"]}}))],
    ],
    ids=["502", "429", "cut", "202", "400"],
)
def test_a_server_in_trouble_does_not_fail_the_job(
    gitlab: FakeGitLab, project: Project, system: System, faults: list[Any]
) -> None:
    gitlab.faults.add("POST", "/notes$", *faults)
    token = gitlab.world.project_token(project)
    done = in_job(gitlab, project, system, report(), GITLAB_TOKEN=token)

    assert (done.url, bool(done.reason)) == (None, True)
    assert project.notes == []


def test_a_branch_pipeline_finds_its_merge_request_by_the_commit(
    gitlab: FakeGitLab, project: Project, system: System
) -> None:
    env = {name: "" for name in job_variables(gitlab, project) if "MERGE_REQUEST" in name}
    token = gitlab.world.project_token(project)
    done = in_job(gitlab, project, system, report(), GITLAB_TOKEN=token, **env)

    assert [note.noteable for note in project.notes] == [("merge_request", "1")]
    assert done.url is not None and done.url.endswith("/merge_requests/1#note_1")


def test_a_commit_of_a_fork_leads_to_the_merge_request_in_the_other_project(
    gitlab: FakeGitLab, project: Project, system: System
) -> None:
    fork = gitlab.world.project("ada/churn")
    place = {"target_project_id": project.id, "project_id": project.id}
    gitlab.world.merge_request(fork, "topic", sha=COMMIT, **place)
    token = gitlab.world.token("ada")
    for where in (fork, project):
        where.members[gitlab.world.user("ada").id] = DEVELOPER
    env = {name: "" for name in job_variables(gitlab, fork) if "MERGE_REQUEST" in name}
    done = in_job(gitlab, fork, system, report(), GITLAB_TOKEN=token, **env)

    assert done.url is not None
    assert [note.noteable for note in project.notes] == [("merge_request", "1")]


def test_without_a_merge_request_it_stands_on_the_commit_and_is_updated_there(
    gitlab: FakeGitLab, project: Project, system: System
) -> None:
    project.merge_requests.clear()
    env = {name: "" for name in job_variables(gitlab, project) if "MERGE_REQUEST" in name}
    token = gitlab.world.project_token(project)
    for text in ("one", "two"):
        done = in_job(gitlab, project, system, report(parts=(text,)), GITLAB_TOKEN=token, **env)

    assert done.url == f"{gitlab.url}/team/churn/-/commit/{COMMIT}#note_1"
    assert len(project.notes) == 1
    assert "\ntwo\n" in project.notes[0].body


def test_outside_of_ci_it_goes_where_origin_leads_and_an_error_is_one(
    gitlab: FakeGitLab, project: Project, system: System, tmp_path: Path
) -> None:
    repo = GitRepo.init(tmp_path, system.process, branch="topic")
    commit = commit_files(repo, "begin", {"a": "1"})
    here: dict[str, Any] = {"root": repo.root, "part": "churn", "artifact": "", "system": system}
    with pytest.raises(RepositoryError, match="no remote named `origin`"):
        publish(report(commit=commit), env={}, progress=Silence(), **here)
    system.process.run(["git", "remote", "add", "origin", f"{gitlab.url}/team/churn.git"], cwd=repo.root)
    with pytest.raises(ForgeError, match="no token for GitLab"):
        publish(report(commit=commit), env={}, progress=Silence(), **here)
    token = gitlab.world.project_token(project)
    publish(report(commit=commit), env={"GITLAB_TOKEN": token}, progress=Silence(), **here)

    assert [note.noteable for note in project.notes] == [("merge_request", "1")]


def test_a_report_without_room_loses_its_last_parts_and_says_so() -> None:
    rendered = report(parts=("head", "x" * 50, "y" * 50, "z" * 500))

    assert shortened(rendered, {}, 10_000, "[link](u)").endswith("\n\n[link](u)")
    assert shortened(rendered, {}, 150, "[link](u)") == "\n\n".join(
        ["head", "x" * 50, "1 section does not fit into a comment; report.html has everything.", "[link](u)"]
    ).replace("1 section does", "2 sections do")
    assert len(shortened(rendered, {}, 150, "")) <= 150


def test_no_token_is_in_a_comment(gitlab: FakeGitLab, project: Project, system: System) -> None:
    token = gitlab.world.project_token(project)
    in_job(gitlab, project, system, report("roc"), GITLAB_TOKEN=token)

    assert all(token.encode() not in entry.body and token not in entry.path for entry in gitlab.log)
