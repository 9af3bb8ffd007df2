"""The forge as the place of a model's versions: what is kept there, and how it is reached."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from emel.errors import ForgeError, RepositoryError
from emel.forge import Forge, open_gitlab
from emel.gitrepo import GitRepo
from emel.records import ReleaseFile
from emel.records.forges import PackageFile, Place
from emel.workflows.machine import System
from emel.workflows.project import Progress
from emel.workflows.review import find_place

REMOTE = "origin"
MANIFEST = "manifest.json"


class VersionForge(NamedTuple):
    """The project on its forge."""

    forge: Forge
    place: Place

    def page(self, tag: str) -> str:
        """The page of a release."""
        return f"{self.place.project_url}/-/releases/{quote(tag, safe='')}"


def find_forge(root: Path, system: System, env: Mapping[str, str], progress: Progress) -> VersionForge | str:
    """The forge of the repository around `root`, or in one sentence why there is none. Asks nothing of it.

    Errors: RepositoryError where there is no repository; ForgeError in a CI job that lacks what GitLab says
    to all jobs.
    """
    repo = GitRepo.discover(root, system.process)
    if repo.remote_url(REMOTE) is None:
        return f"the repository has no remote named `{REMOTE}`"
    try:
        place = find_place(root, system, env)
    except ForgeError as problem:
        # Outside of CI the address of the remote says where the forge is; this one says that there is none.
        if env.get("GITLAB_CI") == "true":
            raise
        return problem.message
    return VersionForge(open_gitlab(place, env, system.http, system.clock, tell=progress.step), place)


def fetch_versions(repo: GitRepo, name: str) -> None:
    """Bring the tags of the model's versions and stages here: the clone of a CI job has none.

    Errors: RepositoryError.
    """
    try:
        repo.fetch_tags(REMOTE, f"{name}@*", f"{name}#*")
    except RepositoryError as problem:
        raise RepositoryError(
            f"the versions of {name} cannot be fetched: {problem.message}",
            where=problem.where,
            hint="check `git fetch --tags`; without the remote, `--tag-only` makes the tag here alone",
        ) from problem


def newest_files(forge: Forge, name: str, version: str) -> dict[str, PackageFile]:
    """The files of a version's package; of several with one name the newest."""
    return {file.file_name: file for file in forge.packages.files(name, version)}


def release_files(forge: Forge, name: str, version: str) -> tuple[ReleaseFile, ...]:
    """The same as records."""
    return tuple(
        ReleaseFile(
            name=file.file_name,
            bytes=file.size,
            digest=f"sha256:{file.file_sha256}",
            url=forge.packages.file_url(name, version, file.file_name),
        )
        for file in newest_files(forge, name, version).values()
    )
