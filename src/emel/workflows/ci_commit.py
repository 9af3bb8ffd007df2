"""Results of the pipeline into the commit that they belong to: a job's way to `git commit` and `git push`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from emel.errors import RepositoryError
from emel.experiments.definition import Definition, among, read_definition
from emel.experiments.noise import FILE as NOISE
from emel.forge.gitlab.tokens import JOB_VARIABLE, find_tokens
from emel.gitrepo import ENVIRONMENT, GitRepo
from emel.system.process import Completed
from emel.workflows.project import Progress, Project

HELPER = '!f() { echo "username=$EMEL_PUSH_USER"; echo "password=$EMEL_PUSH_TOKEN"; }; f'
"""What tells git the token: git starts it with a shell, in which the variables are."""


class ResultsCommit(Struct, frozen=True, kw_only=True):
    """What became of the results."""

    commit: str
    """The commit that has them, which is checked out."""
    files: tuple[str, ...]
    """What was not in a commit before."""
    pushed: bool


def commit_results(
    project: Project, *, branch: str, env: Mapping[str, str], progress: Progress
) -> ResultsCommit:
    """Commit dvc.lock, metrics and whatever else of the results Git keeps, and push it to `branch`.

    The push starts no pipeline. Results that are committed already change nothing; those that an earlier try
    has pushed are checked out. Errors: RepositoryError, which says what a push needs.
    """
    repo = project.repo()
    before = repo.head()
    files = _results(project, repo)
    if not files:
        return ResultsCommit(commit=before, files=(), pushed=False)
    progress.step(f"committing {len(files)} results")
    repo.add(files)
    # Both words are GitLab's; the push option alone would do, if every server took push options.
    made = repo.commit(f"Add the results of {before[:8]} [skip ci]")
    progress.step(f"pushing to {branch}")
    pushed = _push(project, repo, branch, env)
    if pushed.returncode == 0:
        return ResultsCommit(commit=made, files=files, pushed=True)
    earlier = _pushed_earlier(project, repo, branch, before)
    if earlier is None:
        raise _refused(pushed, branch)
    _git(project, repo, "checkout", "--quiet", "--detach", earlier)
    return ResultsCommit(commit=earlier, files=files, pushed=False)


def _results(project: Project, repo: GitRepo) -> tuple[str, ...]:
    """Changed files that the pipeline has written and Git is to keep."""
    definition = read_definition(project.root) or Definition((), ())
    below = project.root.resolve().relative_to(repo.root.resolve())
    return among(repo.changes(), ("dvc.lock", NOISE, *definition.shown), below)


def _push(project: Project, repo: GitRepo, branch: str, env: Mapping[str, str]) -> Completed:
    """Push HEAD. The token is neither in the command nor in the address nor in any file."""
    tokens = find_tokens(env)
    token = tokens.access or tokens.job
    user = "gitlab-ci-token" if token and token.variable == JOB_VARIABLE else "oauth2"
    secret = {"EMEL_PUSH_USER": user, "EMEL_PUSH_TOKEN": token.value} if token else {}
    helper = ["-c", "credential.helper=", "-c", f"credential.helper={HELPER}"] if token else []
    # The runner's own origin has the job's token in it, which may push in few projects.
    address = re.sub(r"//[^@/]*@", "//", repo.remote_url("origin") or "origin")
    target = [address, f"HEAD:refs/heads/{branch}"]
    done = _git(project, repo, *helper, "push", "--quiet", "--push-option=ci.skip", *target, env=secret)
    if done.returncode != 0 and "push options" in done.stderr:
        return _git(project, repo, *helper, "push", "--quiet", *target, env=secret)
    return done


def _pushed_earlier(project: Project, repo: GitRepo, branch: str, before: str) -> str | None:
    """The branch's newest commit, where an earlier try of this job made it of the same results."""
    if _git(project, repo, "fetch", "--quiet", "origin", branch).returncode != 0:
        return None
    newest = repo.resolve("FETCH_HEAD")
    same = _git(project, repo, "diff", "--quiet", "HEAD", newest).returncode == 0
    return newest if same and repo.first_parent(newest) == before else None


def _git(project: Project, repo: GitRepo, *words: str, env: Mapping[str, str] | None = None) -> Completed:
    return project.system.process.run(["git", *words], cwd=repo.root, env={**ENVIRONMENT, **(env or {})})


def _refused(done: Completed, branch: str) -> RepositoryError:
    said = done.stderr.strip().splitlines()
    if "fetch first" in done.stderr or "non-fast-forward" in done.stderr:
        return RepositoryError(
            f"{branch} has moved on since this commit",
            hint="leave it: the pipeline of the newer commit brings its own results",
        )
    return RepositoryError(
        f"the results cannot be pushed to {branch}: {said[-1] if said else 'git says nothing'}",
        hint=f"let the token in EMEL_GITLAB_TOKEN push to {branch} (role Maintainer, or «Allowed to push and "
        "merge» of the protected branch), or commit dvc.lock and metrics with each change",
    )
