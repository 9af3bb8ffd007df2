"""How many instances answer behind a tag."""

from __future__ import annotations

import msgspec

from emel.errors import DeployError
from emel.records import Scaled, ScalingPolicy
from emel.workflows.deploy import open_cloud
from emel.workflows.live import version_of
from emel.workflows.project import Project


def scale(
    project: Project,
    *,
    tag: str = "prod",
    zone_instances: int | None = None,
    zone_requests: int | None = None,
    provisioned: int | None = None,
    to: str,
) -> Scaled:
    """Change a tag's policy at once, with no new version. What is None stays as it is.

    The next deploy puts back what emel.toml says. Errors: DeployError, also for a cloud where versions
    carry their scaling.
    """
    scaling = open_cloud(project, to).scaling
    if scaling is None:
        raise DeployError(
            f"on {to} the scaling belongs to each version",
            hint="set [function] max_instances and provisioned in emel.toml, and deploy",
        )
    name = project.config.model.name
    version_of(project, to, tag)
    before = scaling.policy(name, tag)
    wanted = {"zone_instances": zone_instances, "zone_requests": zone_requests, "provisioned": provisioned}
    given = {key: value for key, value in wanted.items() if value is not None}
    after = msgspec.structs.replace(before or ScalingPolicy(), **given)
    scaling.set_policy(name, tag, after)
    return Scaled(function=name, tag=tag, before=before, after=after)
