"""Comments of one's own: where they go, what they say, and which of them is found again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.fakes.gitlab import BAD_GATEWAY, FakeGitLab, Fault, Project, Reply
from tests.fakes.gitlab.project import COMMIT, job_variables, usual_project
from tests.fakes.repositories import HermeticProcess, commit_files

from emel.errors import ForgeError, MissingTokenError, ResultsError
from emel.gitrepo import GitRepo
from emel.system.http import SystemHttp
from emel.workflows import comment as workflow
from emel.workflows.comment import Comment
from emel.workflows.machine import System
from emel.workflows.target import parse_target

PNG = b"\x89PNG\r\n\x1a\n some picture"
UPLOADED = "/uploads/00000000000000000000000000000001/"


class Job:
    """A job of a merge request pipeline in a clone that holds the files of the test."""

    def __init__(self, gitlab: FakeGitLab, project: Project, repo: GitRepo, process: HermeticProcess) -> None:
        self.gitlab = gitlab
        self.project = project
        self.root = repo.root
        self.system = System(process, SystemHttp(env={}), gitlab.clock)
        self.env = job_variables(gitlab, project, GITLAB_TOKEN=gitlab.world.project_token(project))
        self.told: list[str] = []

    def write(self, text: str, name: str = "report.md") -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return path

    def create(self, text: str, target: str | None = None, title: str | None = None) -> Comment:
        return self._run(workflow.new_comment, self.write(text), target, title)

    def update(self, text: str, target: str | None = None, title: str | None = None) -> Comment:
        return self._run(workflow.sticky_comment, self.write(text), target, title)

    def shown(self) -> list[str]:
        """What each note says, without the line that nobody sees."""
        hidden = "<!-- emel:sticky"
        bodies = [note.body for note in self.project.notes]
        return [body.partition("\n")[2] if body.startswith(hidden) else body for body in bodies]

    def _run(
        self, kind: Callable[..., workflow.Writer], file: Path, target: str | None, title: str | None
    ) -> Comment:
        doors = {"root": self.root, "system": self.system, "env": self.env}
        text = workflow.text_source(file, **doors, publishing=True)()
        to = parse_target(target) if target else None
        return kind(to, title, **doors, tell=self.told.append).write(text)


@pytest.fixture
def job(gitlab: FakeGitLab, repo: GitRepo, process: HermeticProcess) -> Job:
    commit_files(repo, "Start", {"plots/roc_1.png": PNG})
    return Job(gitlab, usual_project(gitlab), repo, process)


def test_markdown_of_gitlab_goes_through_to_the_byte(job: Job) -> None:
    text = "# R\r\n- [x] done\n[[_TOC_]]\n$$x_1 * y_2$$\n\n| a_1 |\n| --- |\n\n```mermaid\ngraph\n```\n \n"
    done = job.create(text)

    assert job.project.notes[0].body == text
    assert done.url == f"{job.gitlab.url}/team/churn/-/merge_requests/1#note_1"


def test_pictures_are_uploaded_each_once_and_only_their_addresses_change(job: Job) -> None:
    done = job.create(
        "![a](plots/roc_1.png) ![b](./plots/roc_1.png){width=50%} <img src='plots/roc_1.png'>\n"
    )

    url = f"{UPLOADED}roc-1.png"
    assert job.shown() == [f"![a]({url}) ![b]({url}){{width=50%}} <img src='{url}'>\n"]
    assert done.uploaded == 1
    assert list(job.project.uploads.values()) == [PNG]


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/etc/hostname", "only files of the project are uploaded"),
        ("../outside.png", "it leads out of the project, or over a link"),
        ("link.png", "it leads out of the project, or over a link"),
        (".git/config", "what Git keeps for itself is not uploaded"),
        ("plots", "is no file"),
        ("gone.png", "no such file or directory"),
        ("env.txt", "it holds what looks like a secret"),
    ],
)
def test_what_must_not_or_cannot_be_uploaded_stays_as_it_is_and_is_told(
    job: Job, path: str, why: str
) -> None:
    (job.root.parent / "outside.png").write_bytes(PNG)
    (job.root / "link.png").symlink_to(job.root.parent / "outside.png")
    (job.root / "env.txt").write_text(f"token {job.env['GITLAB_TOKEN']}")
    done = job.create(f"[x]({path})\n")

    assert job.shown() == [f"[x]({path})\n"]
    assert done.problems == (f"{path}: {why}",)
    assert job.project.uploads == {}


def test_a_secret_of_the_environment_is_not_written(job: Job) -> None:
    job.create(f"the token is {job.env['GITLAB_TOKEN']}!\n")

    assert job.shown() == ["the token is [MASKED]!\n"]


def test_each_new_comment_is_another_one(job: Job) -> None:
    job.create("one")
    job.create("two")

    assert job.shown() == ["one", "two"]


def test_an_update_keeps_one_comment_and_sends_no_file_twice(job: Job) -> None:
    first = job.update("![roc](plots/roc_1.png)\n")
    second = job.update("better\n\n![roc](plots/roc_1.png)\n")

    assert job.shown() == [f"better\n\n![roc]({UPLOADED}roc-1.png)\n"]
    assert (first.created, second.created, second.uploaded) == (True, False, 0)


def test_comments_of_different_titles_and_jobs_stand_side_by_side(job: Job) -> None:
    job.update("of the job")
    job.update("of my_title", title="my_title")
    job.env["CI_JOB_NAME"] = "another"
    job.update("of another job")
    job.update("of my_title again", title="my_title")

    assert job.shown() == ["of the job", "of my_title again", "of another job"]


def test_a_new_comment_with_a_title_is_found_by_an_update(job: Job) -> None:
    job.create("training", title="run")
    job.update("trained", title="run")

    assert job.shown() == ["trained"]


@pytest.mark.parametrize(
    ("target", "noteable", "page"),
    [
        ("pr", ("merge_request", "1"), "merge_requests/1"),
        ("pr/2", ("merge_request", "2"), "merge_requests/2"),
        ("issue/3", ("issue", "3"), "issues/3"),
        ("commit", ("commit", COMMIT), f"commit/{COMMIT}"),
        (f"commit/{'5' * 40}", ("commit", "5" * 40), f"commit/{'5' * 40}"),
        ("commit/HEAD", ("commit", COMMIT), f"commit/{COMMIT}"),
    ],
)
@pytest.mark.parametrize("kind", ["create", "update"])
def test_the_target_may_be_named(
    job: Job, target: str, noteable: tuple[str, str], page: str, kind: str
) -> None:
    job.project.issues.add("3")
    job.gitlab.world.merge_request(job.project, "other")
    done = job.create("x", target) if kind == "create" else job.update("x", target)

    assert job.project.notes[0].noteable == noteable
    assert done.url == f"{job.gitlab.url}/team/churn/-/{page}#note_1"


def test_a_comment_on_a_commit_is_updated_too(job: Job) -> None:
    job.update("one", "commit")
    job.update("two", "commit")

    assert job.shown() == ["two"]


def test_a_merge_request_that_is_not_there_is_an_error_with_a_way_out(job: Job) -> None:
    for name in [name for name in job.env if name.startswith("CI_MERGE_REQUEST")]:
        del job.env[name]
    job.env["CI_COMMIT_SHA"] = "9" * 40

    with pytest.raises(ForgeError, match="no open merge request") as caught:
        job.create("x", "pr")
    assert "--target" in (caught.value.hint or "")
    assert job.create("x").url == f"{job.gitlab.url}/team/churn/-/commit/{'9' * 40}#note_1"


@pytest.mark.parametrize("text", ["mr/1", "pr/x", "issue", "commit/", "commit/--all", "pr/1/2", ""])
def test_a_target_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is none of pr, pr/NUMBER"):
        parse_target(text)


def test_without_an_access_token_nothing_is_asked_and_the_error_says_which_to_make(job: Job) -> None:
    for name in [name for name in job.env if name.startswith("CI_MERGE_REQUEST") or name == "GITLAB_TOKEN"]:
        del job.env[name]

    with pytest.raises(MissingTokenError) as caught:
        job.update("x")
    assert "role Developer and scope `api`" in (caught.value.hint or "")
    assert job.gitlab.log == []


def test_text_of_quick_actions_alone_writes_no_comment(job: Job) -> None:
    assert job.create("/close\n").url is None


def test_an_empty_or_absent_text_is_an_error_before_anything_is_sent(job: Job) -> None:
    with pytest.raises(ResultsError, match="the text is empty"):
        job.create(" \n")
    (job.root / "report.md").unlink()
    with pytest.raises(ResultsError, match="there is no such file"):
        workflow.text_source(
            job.root / "report.md", root=job.root, system=job.system, env=job.env, publishing=True
        )()
    assert job.gitlab.log == []


def test_a_text_too_long_for_a_comment_is_an_error_before_anything_is_sent(job: Job) -> None:
    with pytest.raises(ForgeError, match="room for 999,000 characters"):
        job.create("![a](plots/roc_1.png)\n" + "x" * 1_000_000)
    assert job.gitlab.log == []


def test_a_lost_answer_is_not_followed_by_a_second_comment(job: Job) -> None:
    job.gitlab.faults.add("POST", "/notes", Fault(cut="after"))

    with pytest.raises(ForgeError) as caught:
        job.create("x")
    assert caught.value.maybe_done
    assert job.shown() == ["x"]


def test_a_note_that_gitlab_deleted_meanwhile_is_written_anew(job: Job) -> None:
    job.gitlab.faults.add("PUT", "/notes", Fault(Reply(404, {"message": "404 Note Not Found"})))
    job.update("one")
    job.update("two")

    assert job.shown()[-1] == "two"


def test_an_upload_is_tried_again_after_a_fault_of_the_server(job: Job) -> None:
    job.gitlab.faults.add("POST", "/uploads", BAD_GATEWAY)
    job.create("![a](plots/roc_1.png)")

    assert job.shown() == [f"![a]({UPLOADED}roc-1.png)"]
