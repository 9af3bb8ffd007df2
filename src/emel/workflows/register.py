"""Give the model of a commit a version: an annotated Git tag."""

from __future__ import annotations

from emel import registry
from emel.errors import RepositoryError
from emel.records import ModelVersion
from emel.workflows.project import Project


def register(project: Project, *, version: str | None = None, revision: str | None = None) -> ModelVersion:
    """Tag a commit (default: HEAD) with the next version of the model, or with `version`.

    The same commit again gives the version that it has. Errors: RegistryError; RepositoryError when results
    of the pipeline are not committed yet, for a tag cannot hold them.
    """
    repo = project.repo()
    changes = repo.changes()
    if revision is None and changes:
        raise RepositoryError(
            f"a version is a commit, and {len(changes)} changes are not in one: {', '.join(changes[:3])}",
            hint="git add and git commit the pipeline's results (dvc.lock, metrics) first",
        )
    return registry.register(
        repo, name=project.config.model.name, version=version, revision=revision or "HEAD"
    )


def list_versions(project: Project) -> tuple[ModelVersion, ...]:
    """All versions of the project's model, the newest first."""
    return registry.versions(project.repo(), project.config.model.name)
