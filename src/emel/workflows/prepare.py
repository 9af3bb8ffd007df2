"""A job's clone, made ready for git's own commands: history, a name for commits, a way to push."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from emel.errors import RepositoryError
from emel.forge import credential_settings, git_environment, without_login
from emel.gitrepo import GitRepo
from emel.workflows.machine import System


class Prepared(Struct, frozen=True, kw_only=True):
    """A clone as it is now."""

    remote: str
    """The address of the remote, without any login."""
    shallow: bool
    """Whether commits are missing still."""
    user: str | None
    """Whom commits are by; None where Git knows nobody."""
    uses_token: bool
    """Whether git takes its password from the variable of a token; if not, it has ways of its own."""


def prepare(
    *,
    depth: int,
    remote: str,
    user_name: str | None,
    user_email: str | None,
    root: Path,
    system: System,
    env: Mapping[str, str],
) -> Prepared:
    """Fetch `depth` commits of all branches (0: all), name who commits, and let git push with the token.

    The token is written down nowhere: the settings of the clone name the variable that holds it, and the
    login that GitLab puts into the address of `remote` is taken out. Repeated it changes nothing. Errors:
    RepositoryError.
    """
    repo = GitRepo.discover(root, system.process)
    url = repo.remote_url(remote)
    if url is None:
        raise RepositoryError(
            f"the repository has no remote named `{remote}`",
            where=str(repo.root),
            hint="name the one that there is: --remote NAME; `git remote` lists them",
        )
    address = without_login(url)
    settings = credential_settings(url, env)
    if settings and address != url:
        repo.set_remote_url(remote, address)
    for name, values in settings.items():
        repo.set_setting(name, *values)
    _name(repo, "user.name", user_name, env.get("GITLAB_USER_NAME"))
    _name(repo, "user.email", user_email, env.get("GITLAB_USER_EMAIL"))
    repo.fetch_all(remote, depth=depth or None, env=git_environment(url, env))
    return Prepared(
        remote=address,
        shallow=repo.is_shallow(),
        user=repo.setting("user.name"),
        uses_token=bool(settings),
    )


def _name(repo: GitRepo, setting: str, given: str | None, of_job: str | None) -> None:
    """Say who commits from now on: who is named; else as Git knows; else who started the job."""
    value = given or (of_job if repo.setting(setting) is None else None)
    if value:
        repo.set_setting(setting, value)
