"""A runner with a shell: the pipeline of an event, job by job, in one clone of the repository.

Which jobs run is what `gitlab_rules` says of `.gitlab-ci.yml`. As all jobs of a pipeline share a clone, they
find each other's files without artifacts; tests/e2e/test_pipeline.py proves that artifacts carry them.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from tests.fakes.gitlab import FakeGitLab, Project, add_job, add_pipeline
from tests.fakes.gitlab_events import Event
from tests.fakes.gitlab_rules import PlannedJob, PlannedPipeline, expanded, needed, plan

Status = Literal["success", "warning", "failed", "skipped"]


class RanJob(NamedTuple):
    """A job and how it went; `warning` is a failure that the job allows."""

    name: str
    status: Status
    seconds: float
    processor: float
    """Seconds of it, of the job with all that it started and waited for."""
    output: str


class RanPipeline(NamedTuple):
    """A pipeline that has ended."""

    number: int
    jobs: tuple[RanJob, ...]

    @property
    def passed(self) -> bool:
        return all(job.status in ("success", "warning") for job in self.jobs)

    @property
    def output(self) -> str:
        return "".join(f"== {job.name}: {job.status}\n{job.output}" for job in self.jobs)

    def job(self, name: str) -> RanJob:
        return next(job for job in self.jobs if job.name == name)


class Runner:
    """Takes every job of a project. `env` is what its machine has, `secrets` the project's variables."""

    def __init__(
        self,
        gitlab: FakeGitLab,
        project: Project,
        folder: Path,
        *,
        env: Mapping[str, str],
        secrets: Mapping[str, str],
    ) -> None:
        self._gitlab = gitlab
        self._project = project
        self._folder = folder
        self._env = env
        self._secrets = secrets

    def of_push(self, branch: str, *, by: str) -> RanPipeline:
        """The pipeline of a branch's newest commit."""
        more = {
            "CI_PIPELINE_SOURCE": "push",
            "CI_COMMIT_BRANCH": branch,
            "CI_COMMIT_REF_SLUG": branch.replace("/", "-"),
        }
        return self._ran(branch, more, by)

    def of_merge_request(self, iid: int, *jobs: str, by: str) -> RanPipeline:
        """The pipeline of a merge request's newest commit; or of its jobs those that someone has clicked."""
        branch = self._project.merge_requests[iid]["source_branch"]
        more = {
            "CI_PIPELINE_SOURCE": "merge_request_event",
            "CI_COMMIT_REF_SLUG": branch.replace("/", "-"),
            "CI_MERGE_REQUEST_IID": str(iid),
            "CI_MERGE_REQUEST_PROJECT_ID": str(self._project.id),
            "CI_MERGE_REQUEST_PROJECT_PATH": self._project.path,
            "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": str(self._project.id),
            "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": branch,
        }
        return self._ran(branch, more, by, jobs)

    def _ran(self, branch: str, more: Mapping[str, str], by: str, clicked: Sequence[str] = ()) -> RanPipeline:
        commit = self._git("rev-parse", branch, cwd=self._project.repository).strip()
        pipeline = add_pipeline(self._gitlab.world, self._project, branch, commit)
        checkout = self._folder / f"pipeline-{pipeline['id']}"
        token = self._gitlab.world.job_token(self._project, by)
        address = f"{self._gitlab.url}/{self._project.path}.git".replace(
            "//", f"//gitlab-ci-token:{token}@", 1
        )
        self._git("clone", "--quiet", address, str(checkout), cwd=self._folder)
        self._git("checkout", "--quiet", "--detach", commit, cwd=checkout)
        self._share_dvc_cache(checkout)
        url = f"{self._gitlab.url}/{self._project.path}"
        variables = {
            "CI": "true",
            "GITLAB_CI": "true",
            "CI_API_V4_URL": self._gitlab.api_url,
            "CI_SERVER_URL": self._gitlab.url,
            "CI_PROJECT_ID": str(self._project.id),
            "CI_PROJECT_PATH": self._project.path,
            "CI_PROJECT_URL": url,
            "CI_PROJECT_DIR": str(checkout),
            "CI_DEFAULT_BRANCH": self._project.default_branch,
            "CI_COMMIT_SHA": commit,
            "CI_PIPELINE_ID": str(pipeline["id"]),
            "CI_PIPELINE_URL": f"{url}/-/pipelines/{pipeline['id']}",
            "CI_JOB_TOKEN": token,
            **self._secrets,
            **more,
        }
        planned = plan((checkout / ".gitlab-ci.yml").read_text(), Event(variables))
        assert planned is not None, "GitLab would make no pipeline"
        ran = tuple(self._jobs(planned, pipeline, checkout, variables, clicked))
        pipeline["status"] = "success" if RanPipeline(0, ran).passed else "failed"
        return RanPipeline(pipeline["id"], ran)

    def _share_dvc_cache(self, checkout: Path) -> None:
        """As the job's cache does, which is kept on the runner's machine."""
        kept = self._folder / "dvc-cache"
        kept.mkdir(exist_ok=True)
        (checkout / ".dvc" / "cache").symlink_to(kept)

    def _jobs(
        self,
        planned: PlannedPipeline,
        pipeline: dict[str, Any],
        checkout: Path,
        variables: Mapping[str, str],
        clicked: Sequence[str],
    ) -> Iterator[RanJob]:
        known, failed = dict(variables), set[str]()
        for name, job in planned.jobs.items():
            if name not in clicked if clicked else job.when == "manual":
                continue
            if job.when != "always" and failed & set(needed(job.config)):
                failed.add(name)
                yield RanJob(name, "skipped", 0.0, 0.0, "")
                continue
            number = add_job(self._gitlab.world, self._project, pipeline, name)["id"]
            page = f"{variables['CI_PROJECT_URL']}/-/jobs/{number}"
            own = {"CI_JOB_ID": str(number), "CI_JOB_NAME": name, "CI_JOB_URL": page}
            ran = self._job(job, checkout, {**known, **own})
            if ran.status == "failed":
                failed.add(name)
            known |= _dotenv(job, checkout, known)
            yield ran

    def _job(self, job: PlannedJob, checkout: Path, variables: Mapping[str, str]) -> RanJob:
        config = job.config
        own = {name: expanded(str(value), variables) for name, value in config.get("variables", {}).items()}
        lines = [*config.get("before_script", []), *config["script"]]
        output = self._folder / f"job-{variables['CI_JOB_ID']}.log"
        began = time.monotonic()
        with output.open("wb") as file:
            child = subprocess.Popen(
                ["bash", "-eo", "pipefail", "-c", "\n".join(lines)],
                cwd=checkout,
                env={**self._env, **own, **variables},
                stdout=file,
                stderr=subprocess.STDOUT,
            )
            _, status, usage = os.wait4(child.pid, 0)
        seconds = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        allowed = config.get("allow_failure", False)
        codes = allowed.get("exit_codes", []) if isinstance(allowed, dict) else []
        outcome: Status = "success"
        if child.returncode:
            outcome = "warning" if allowed is True or child.returncode in codes else "failed"
        processor = usage.ru_utime + usage.ru_stime
        return RanJob(job.name, outcome, seconds, processor, output.read_text("utf-8", "replace"))

    def _git(self, *arguments: str, cwd: Path | None) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=cwd, env=dict(self._env), capture_output=True, text=True, check=True
        )
        return done.stdout


def _dotenv(job: PlannedJob, checkout: Path, variables: Mapping[str, str]) -> dict[str, str]:
    """The variables that a job has left for the later ones."""
    named = job.config.get("artifacts", {}).get("reports", {}).get("dotenv")
    file = checkout / expanded(named, variables) if named else None
    if file is None or not file.is_file():
        return {}
    return dict(line.split("=", 1) for line in file.read_text().splitlines() if line)
