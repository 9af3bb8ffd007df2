"""Give the model of a commit a version: an annotated Git tag."""

from __future__ import annotations

from emel import registry
from emel.errors import RepositoryError
from emel.records import ListedVersion, ModelVersion
from emel.registry import Bump
from emel.workflows.project import Project


def register(
    project: Project, *, version: str | None = None, bump: Bump = "minor", revision: str | None = None
) -> ModelVersion:
    """Tag a commit (default: HEAD) with the next version of the model, or with `version`, here alone.

    The same commit again gives the version that it has. Errors: RegistryError; RepositoryError when results
    of the pipeline are not committed yet, for a tag cannot hold them.
    """
    check_committed(project, revision)
    return registry.register(
        project.repo(),
        name=project.config.model.name,
        version=version,
        bump=bump,
        revision=revision or "HEAD",
    )


def check_committed(project: Project, revision: str | None) -> None:
    """Errors: RepositoryError when HEAD is meant, and results are not in it."""
    changes = project.repo().changes()
    if revision is None and changes:
        raise RepositoryError(
            f"a version is a commit, and {len(changes)} changes are not in one: {', '.join(changes[:3])}",
            hint="git add and git commit the pipeline's results (dvc.lock, metrics) first",
        )


def list_versions(project: Project) -> tuple[ListedVersion, ...]:
    """All versions of the project's model that this repository knows, the newest first."""
    repo, name = project.repo(), project.config.model.name
    standing = registry.stages(repo, name)
    return tuple(
        ListedVersion(
            name=version.name,
            version=version.version,
            tag=version.tag,
            commit=version.commit,
            created=version.created,
            stages=tuple(sorted(stage for stage, held in standing.items() if held == version)),
        )
        for version in registry.versions(repo, name)
    )
