"""What is deployed, and how it does."""

from __future__ import annotations

import msgspec

from emel import cost
from emel.records import FunctionStatus
from emel.workflows.deploy import open_cloud
from emel.workflows.local import LOCAL
from emel.workflows.project import Project


def status(project: Project, *, to: str = LOCAL) -> tuple[FunctionStatus, ...]:
    """Every function of the cloud with its versions, tags and counters. Starts nothing.

    Calls on the local platform are priced for the clouds, from the time that they took.
    """
    functions = open_cloud(project, to).functions
    found = tuple(functions.status(name) for name in functions.names())
    return tuple(_priced(item) for item in found) if to == LOCAL else found


def _priced(status: FunctionStatus) -> FunctionStatus:
    memory = {version.number: version.settings.memory for version in status.versions}
    uses = tuple(
        msgspec.structs.replace(use, costs=cost.elsewhere(memory[use.version], use.calls, use.run_seconds))
        if use.version in memory
        else use
        for use in status.uses
    )
    return msgspec.structs.replace(status, uses=uses)
