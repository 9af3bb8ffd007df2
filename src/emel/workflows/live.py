"""What answers under a tag: its version, its address, and the bundle that it was made from."""

from __future__ import annotations

from emel.clouds.base import Cloud
from emel.errors import BundleError, DeployError
from emel.records import Bundle, FunctionVersion
from emel.system.http import Http, WithHeaders
from emel.workflows.deploy import open_cloud
from emel.workflows.local import LOCAL, ensure_serving
from emel.workflows.package import shelf_of
from emel.workflows.project import Progress, Project


def version_of(project: Project, to: str, tag: str) -> FunctionVersion:
    """The version that a tag of the project's function names. Errors: DeployError where there is none."""
    cloud: Cloud = open_cloud(project, to)
    name = project.config.model.name
    versions = cloud.functions.versions(name)
    found = next((version for version in versions if tag in version.tags), None)
    if found is None:
        tags = sorted({item for version in versions for item in version.tags})
        raise DeployError(
            f"`{name}` has no tag `{tag}` on {to}",
            hint=f"deploy it: emel deploy --to {to} --tag {tag}; tags now: {', '.join(tags) or 'none'}",
        )
    return found


def url_of(project: Project, to: str, tag: str, progress: Progress) -> str:
    """Its address, at which it answers: the local platform is started where it does not run."""
    if to == LOCAL:
        ensure_serving(project, progress)
    return open_cloud(project, to).functions.url(project.config.model.name, tag)


def http_of(project: Project, to: str) -> Http:
    """HTTP that may call the cloud's private functions too."""
    access = open_cloud(project, to).access
    return WithHeaders(project.system.http, access.headers()) if access else project.system.http


def bundle_of(project: Project, version: FunctionVersion) -> Bundle:
    """The bundle on the shelf that a version was made from. Errors: BundleError where it is not there."""
    found = shelf_of(project).by_digest(version.digest)
    if found is None:
        raise BundleError(
            f"the bundle of version {version.number} ({version.model_version}) is not in "
            f"{project.state / 'bundles'}, so its recorded answers are not at hand",
            hint=f"check out {version.commit or 'its commit'} and run `emel package`",
        )
    return found
