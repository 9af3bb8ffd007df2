"""What a project lacks before it can be deployed to a cloud."""

from __future__ import annotations

from emel.bundle.shelf import Shelf
from emel.errors import DeployError
from emel.records import Bundle, Finding
from emel.workflows.deploy import open_cloud
from emel.workflows.project import Progress, Project


def examine(project: Project, *, to: str, progress: Progress) -> tuple[Finding, ...]:
    """All findings, in the order in which a deploy would meet them. Nothing is changed or packaged.

    What the newest bundle at hand needs is looked at too.
    Errors: DeployError for a cloud that needs nothing looked at, or is unknown.
    """
    doctor = open_cloud(project, to, progress).doctor
    if doctor is None:
        raise DeployError(f"{to} needs nothing that could be missing", hint="use --to yandex")
    found = []
    for finding in doctor.examine(_newest(project)):
        progress.step(f"looked at: {finding.what}")
        found.append(finding)
    return tuple(found)


def _newest(project: Project) -> Bundle | None:
    bundles = [
        each for each in Shelf(project.state / "bundles").all() if each.name == project.config.model.name
    ]
    return max(bundles, key=lambda each: each.path.stat().st_mtime, default=None)
