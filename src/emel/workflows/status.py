"""What is deployed, and how it does."""

from __future__ import annotations

from emel.records import FunctionStatus
from emel.workflows.deploy import open_cloud
from emel.workflows.local import LOCAL
from emel.workflows.project import Project


def status(project: Project, *, to: str = LOCAL) -> tuple[FunctionStatus, ...]:
    """Every function of the cloud with its versions, tags and counters. Starts nothing."""
    functions = open_cloud(project, to).functions
    return tuple(functions.status(name) for name in functions.names())
