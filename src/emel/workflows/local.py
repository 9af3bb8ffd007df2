"""The local platform as other workflows need it: where it stands, and that it runs."""

from __future__ import annotations

from emel import localcloud
from emel.localcloud import Store
from emel.workflows.project import Progress, Project

LOCAL = "local"


def local_store(project: Project) -> Store:
    """Where the project's local platform keeps its functions."""
    return Store(project.claim_state() / "local")


def is_serving(project: Project) -> bool:
    """Whether the local platform answers now."""
    return localcloud.running(local_store(project)) is not None


def ensure_serving(project: Project, progress: Progress) -> None:
    """Start the local platform in the background unless it runs."""
    if is_serving(project):
        return
    progress.step("starting the local platform, which `emel serve --stop` ends")
    table = project.config.local
    localcloud.start_background(local_store(project), root=project.root, host=table.host, port=table.port)
