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
    """Delete the project's function on a cloud, with its versions, tags, uploads and API gateway.

    Only what emel made is seen at all. `agreed` is asked before; when it says no, DeployError is raised.
    Repeated it does nothing. Git, the bundles at hand and other functions stay.
    """
    cloud = open_cloud(project, to)
    functions, gateways, name = cloud.functions, cloud.gateways, project.config.model.name
    gateway = gateways.find(name) if gateways else None
    stored = tuple(functions.stored(name))
    if name not in functions.names() and gateway is None and not stored:
        return Destroyed(cloud=to, functions=())
    versions = tuple(functions.versions(name))
    url = gateway.url if gateway else None
    if not agreed(Doomed(cloud=to, function=name, versions=versions, gateway=url, stored=stored)):
        raise DeployError("nothing was deleted", hint="with --yes nobody is asked")
    if gateways is not None:
        # First what calls the function.
        gateways.delete(name)
    functions.delete(name)
    return Destroyed(cloud=to, functions=(name,))
