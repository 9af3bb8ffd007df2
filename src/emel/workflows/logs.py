"""What the project's function wrote."""

from __future__ import annotations

from collections.abc import Iterator

from emel.records import LogFilter, LogRecord
from emel.workflows.deploy import open_cloud
from emel.workflows.local import LOCAL
from emel.workflows.project import Project


def logs(project: Project, wanted: LogFilter, *, to: str = LOCAL) -> Iterator[LogRecord]:
    """The records of the project's function that are wanted, oldest first. Starts nothing.

    With `follow` they never end. Errors: DeployError for an unknown cloud.
    """
    return open_cloud(project, to).logs.read(project.config.model.name, wanted)
