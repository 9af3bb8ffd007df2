"""Remove what emel deployed."""

from __future__ import annotations

from collections.abc import Callable

from emel.errors import DeployError
from emel.records import Destroyed, Doomed
from emel.workflows.deploy import open_cloud
from emel.workflows.local import LOCAL
from emel.workflows.project import Project


def destroy(
    project: Project, *, to: str = LOCAL, agreed: Callable[[Doomed], bool] = lambda _: True
) -> Destroyed:
    """Delete the project's function on a cloud, with its versions, tags and uploads.

    Only what emel made is seen at all. `agreed` is asked before; when it says no, DeployError is raised.
    Repeated it does nothing. Git, the bundles at hand and other functions stay.
    """
    functions = open_cloud(project, to).functions
    name = project.config.model.name
    if name not in functions.names():
        return Destroyed(cloud=to, functions=())
    if not agreed(Doomed(cloud=to, function=name, versions=tuple(functions.versions(name)))):
        raise DeployError("nothing was deleted", hint="with --yes nobody is asked")
    functions.delete(name)
    return Destroyed(cloud=to, functions=(name,))
