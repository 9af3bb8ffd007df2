"""Results as a merge request, pushed by Git over HTTP to the tests' GitLab."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.fakes.gitlab import FakeGitLab, Fault, Project, Reply
from tests.fakes.gitlab.repository import git
from tests.fakes.repositories import HermeticProcess, commit_files

from emel.errors import ForgeError, MissingTokenError, RepositoryError
from emel.gitrepo import GitRepo
from emel.system.http import SystemHttp
from emel.workflows.machine import System
from emel.workflows.pr import Merging, PullRequest, Wording, create_merge_request

CANNOT = Fault(Reply(405, {"message": "405 Method Not Allowed"}))


class Job:
    """A job of a branch pipeline, in a clone whose `origin` has the login that GitLab gives it."""

    def __init__(self, gitlab: FakeGitLab, project: Project, repo: GitRepo, process: HermeticProcess) -> None:
        self.gitlab = gitlab
        self.project = project
        self.repo = repo
        self.process = process
        self.head = repo.head()
        self.env = {
            "CI_API_V4_URL": gitlab.api_url,
            "CI_PROJECT_ID": str(project.id),
            "CI_PROJECT_PATH": project.path,
            "CI_PROJECT_URL": f"{gitlab.url}/{project.path}",
            "CI_COMMIT_SHA": self.head,
            "CI_COMMIT_BRANCH": "main",
            "EMEL_GITLAB_TOKEN": gitlab.world.project_token(project),
        }

    def write(self, **files: str) -> None:
        for name, text in files.items():
            (self.repo.root / name.replace("_", ".")).write_text(text)

    def run(
        self, *patterns: str, merging: Merging | None = None, below: str = ".", **wording: str | bool
    ) -> PullRequest:
        return create_merge_request(
            patterns or (".",),
            Wording(**wording),  # type: ignore[arg-type]
            merging,
            folder=self.repo.root / below,
            system=System(self.process, SystemHttp(env={}), self.gitlab.clock),
            env=self.env,
            tell=lambda _: None,
        )

    @property
    def branch(self) -> str:
        return f"main-emel-pr-{self.head[:8]}"

    def pushed(self, *words: str) -> str:
        """What git says of the branch on the server."""
        return git(self.project, *words, f"refs/heads/{self.branch}").strip()


@pytest.fixture
def job(gitlab: FakeGitLab, repo: GitRepo, process: HermeticProcess, tmp_path: Path) -> Job:
    commit_files(repo, "Start", {"metrics.json": "{}", "data.csv": "a\n", "src/train.py": "pass\n"})
    bare = tmp_path / "team" / "churn.git"
    project = gitlab.world.project("team/churn", repository=bare)
    login = f"gitlab-ci-token:{gitlab.world.job_token(project, 'ada')}"
    url = gitlab.url.replace("://", f"://{login}@")
    for command in (
        ["git", "clone", "--quiet", "--bare", str(repo.root), str(bare)],
        ["git", "remote", "add", "origin", f"{url}/team/churn.git"],
    ):
        assert process.run(command, cwd=repo.root).returncode == 0
    process.env["no_proxy"] = "127.0.0.1"
    return Job(gitlab, project, repo, process)


def test_changed_files_become_a_merge_request_into_the_branch_of_the_job(job: Job) -> None:
    job.write(metrics_json='{"a": 1}', new_txt="new")
    (job.repo.root / "data.csv").unlink()
    done = job.run()
    opened = job.project.merge_requests[1]

    assert done.url == opened["web_url"]
    assert (done.created, done.commit) == (True, job.pushed("rev-parse"))
    assert (opened["source_branch"], opened["target_branch"]) == (job.branch, "main")
    assert opened["title"] == f"Results of main at {job.head[:8]}"
    assert done.files == ("data.csv", "metrics.json", "new.txt")
    assert job.pushed("log", "-1", "--format=%P") == job.head
    assert job.pushed("ls-tree", "-r", "--name-only").split() == ["metrics.json", "new.txt", "src/train.py"]


def test_the_clone_stays_as_it_was(job: Job) -> None:
    job.write(metrics_json='{"a": 1}')
    config = (job.repo.root / ".git" / "config").read_text()
    job.run()

    assert job.repo.branch() == "main"
    assert job.repo.head() == job.head
    assert job.repo.changes() == ("metrics.json",)
    assert (job.repo.root / ".git" / "config").read_text() == config


@pytest.mark.parametrize(
    ("patterns", "below", "files"),
    [
        (("metrics.json",), ".", ("metrics.json",)),
        (("*.json", "data.csv"), ".", ("data.csv", "metrics.json")),
        (("src",), ".", ("src/a.json",)),
        (("**/*.json",), ".", ("metrics.json", "src/a.json")),
        (("*.json",), "src", ("src/a.json",)),
    ],
)
def test_patterns_choose_the_files(
    job: Job, patterns: tuple[str, ...], below: str, files: tuple[str, ...]
) -> None:
    job.write(metrics_json="1", data_csv="2")
    (job.repo.root / "src" / "a.json").write_text("3")

    assert job.run(*patterns, below=below).files == files


def test_a_second_run_updates_the_same_branch_and_merge_request(job: Job) -> None:
    job.write(metrics_json="1")
    first = job.run()
    job.project.merge_requests[1]["title"] = "what a person made of it"
    job.write(metrics_json="2")
    second = job.run()

    assert (second.url, second.created) == (first.url, False)
    assert len(job.project.merge_requests) == 1
    assert job.project.merge_requests[1]["title"] == "what a person made of it"
    assert git(job.project, "show", f"{job.branch}:metrics.json") == "2"


def test_a_second_run_with_the_same_files_pushes_nothing(job: Job) -> None:
    job.write(metrics_json="1")
    first = job.run()
    again = job.run()

    assert (again.url, again.commit) == (first.url, None)
    assert job.pushed("rev-parse") == first.commit


def test_a_file_that_was_deleted_stays_deleted_in_further_runs(job: Job) -> None:
    (job.repo.root / "data.csv").unlink()
    job.run()
    job.write(metrics_json="1")
    job.run()

    assert job.pushed("ls-tree", "-r", "--name-only").split() == ["metrics.json", "src/train.py"]


def test_names_with_signs_of_patterns_and_spaces_are_taken_as_they_are(job: Job) -> None:
    for name in ("a b*.txt", "ü.txt", "src/:(top)x", "run.sh"):
        (job.repo.root / name).write_text("x")
    (job.repo.root / "run.sh").chmod(0o755)
    job.run()

    listed = git(job.project, "ls-tree", "-r", "-z", "--name-only", job.branch).split("\0")
    assert {"a b*.txt", "ü.txt", "src/:(top)x"} < set(listed)
    assert "100755" in git(job.project, "ls-tree", job.branch, "run.sh")


def test_a_commit_of_another_on_the_branch_is_kept(job: Job) -> None:
    job.write(metrics_json="1")
    job.run()
    tree = job.pushed("rev-parse").strip()
    theirs = git(job.project, "commit-tree", f"{tree}^{{tree}}", "-p", tree, "-m", "By hand").strip()
    git(job.project, "update-ref", f"refs/heads/{job.branch}", theirs)
    job.write(metrics_json="2")
    job.run()

    assert job.pushed("log", "-1", "--format=%P") == theirs


def test_a_push_that_another_job_overtook_is_done_again_on_top(job: Job) -> None:
    theirs: list[str] = []

    def overtake(method: str, path: str) -> None:
        if path.endswith("/git-receive-pack") and not theirs:
            made = git(job.project, "commit-tree", f"{job.head}^{{tree}}", "-p", job.head, "-m", "Theirs")
            theirs.append(made.strip())
            git(job.project, "update-ref", f"refs/heads/{job.branch}", theirs[0])

    job.gitlab.before = overtake
    job.write(metrics_json="1")
    job.run()

    assert job.pushed("log", "-1", "--format=%P") == theirs[0]


def test_what_the_user_says_stands_in_branch_commit_and_merge_request(job: Job) -> None:
    job.write(metrics_json="1")
    git(job.project, "branch", "stable", job.head)
    job.run(
        branch="results/new",
        target_branch="stable",
        title="New results",
        body="Look at them.",
        message="Train",
        skip_ci=True,
        user_name="Bot",
        user_email="bot@example.org",
    )
    opened = job.project.merge_requests[1]

    assert (opened["source_branch"], opened["target_branch"]) == ("results/new", "stable")
    assert (opened["title"], opened["description"]) == ("New results", "Look at them.")
    said = git(job.project, "log", "-1", "--format=%an <%ae> %s", "results/new").strip()
    assert said == "Bot <bot@example.org> Train [skip ci]"


def test_pipelines_run_for_the_commit_unless_told_otherwise(job: Job) -> None:
    job.write(metrics_json="1")
    job.run()

    assert "skip ci" not in job.pushed("log", "-1", "--format=%B")


def test_commits_are_by_who_started_the_job(job: Job) -> None:
    job.env |= {"GITLAB_USER_NAME": "Grace", "GITLAB_USER_EMAIL": "grace@example.org"}
    job.write(metrics_json="1")
    job.run()

    assert job.pushed("log", "-1", "--format=%an <%ae>, %cn") == "Grace <grace@example.org>, Grace"


def test_nothing_changed_is_no_error_and_sends_nothing(job: Job) -> None:
    done = job.run()

    assert (done.url, done.reason) == (None, "no changed file matches")
    assert job.gitlab.log == []


def test_the_pipeline_of_such_a_branch_makes_no_branch_of_the_branch(job: Job) -> None:
    job.env["CI_COMMIT_BRANCH"] = job.branch
    job.write(metrics_json="1")
    done = job.run()

    assert done.url is None
    assert done.reason == f"{job.branch} is itself the branch of such a merge request"


@pytest.mark.parametrize(("merging", "squash"), [("merge", False), ("squash", True), ("rebase", False)])
def test_it_merges_once_its_pipeline_has_passed(job: Job, merging: Merging, squash: bool) -> None:
    job.write(metrics_json="1")
    job.gitlab.faults.add("PUT", "/merge$", CANNOT, CANNOT)
    job.run(merging=merging)
    opened = job.project.merge_requests[1]

    assert opened["merge_when_pipeline_succeeds"] is True
    assert opened["squash"] is squash
    assert bool(opened.get("rebase_in_progress")) is (merging == "rebase")


def test_one_that_cannot_merge_stands_and_is_told(job: Job) -> None:
    job.write(metrics_json="1")
    job.gitlab.faults.add("PUT", "/merge$", *[CANNOT] * 9)

    with pytest.raises(ForgeError, match="the merge request stands, and is not merged") as caught:
        job.run(merging="merge")
    assert caught.value.where == job.project.merge_requests[1]["web_url"]
    assert job.gitlab.clock.monotonic() < 60


def test_a_lost_answer_opens_no_second_merge_request(job: Job) -> None:
    job.write(metrics_json="1")
    job.gitlab.faults.add("POST", "/merge_requests", Fault(cut="after"))

    assert job.run().url == job.project.merge_requests[1]["web_url"]
    assert len(job.project.merge_requests) == 1


def test_the_token_is_in_no_argument_and_no_file(job: Job) -> None:
    seen: list[str] = []
    run = HermeticProcess.run

    class Watched(HermeticProcess):
        def run(self, command, **options):
            seen.extend(map(str, command))
            return run(self, command, **options)

    watched = Watched(job.repo.root.parent / "home")
    watched.env = job.process.env
    job.process = watched
    job.write(metrics_json="1")
    job.run()
    token = job.env["EMEL_GITLAB_TOKEN"]
    found = subprocess.run(["grep", "-rl", token, str(job.repo.root.parent)], capture_output=True, text=True)

    assert "push" in seen
    assert not any(token in word for word in seen)
    assert found.stdout == ""


def test_without_an_access_token_nothing_is_sent_and_the_error_says_which_to_make(job: Job) -> None:
    del job.env["EMEL_GITLAB_TOKEN"]
    job.env["CI_JOB_TOKEN"] = job.gitlab.world.job_token(job.project, "ada")
    job.write(metrics_json="1")

    with pytest.raises(MissingTokenError) as caught:
        job.run()
    assert "role Developer and scope `api`" in (caught.value.hint or "")
    assert job.gitlab.log == []


def test_a_token_that_may_not_push_is_an_error_in_the_words_of_git(job: Job) -> None:
    job.env["EMEL_GITLAB_TOKEN"] = job.gitlab.world.token("stranger")
    job.write(metrics_json="1")

    with pytest.raises(RepositoryError) as caught:
        job.run()
    assert "Authentication failed" in caught.value.message
    assert job.env["EMEL_GITLAB_TOKEN"] not in str(caught.value)
