"""Bundle → live endpoint; and moving a tag to another version and back."""

from __future__ import annotations

from pathlib import Path

import msgspec

from emel import clouds
from emel import deploy as deploying
from emel.bundle.shelf import read_record
from emel.clouds.base import Cloud
from emel.deploy import Plan
from emel.records import Bundle, Endpoint, TagMove
from emel.system.files import write_atomic
from emel.workflows.local import LOCAL, ensure_serving, is_serving
from emel.workflows.package import packaged
from emel.workflows.project import Progress, Project


def plan(
    project: Project,
    *,
    to: str = LOCAL,
    tag: str = "prod",
    revision: str | None = None,
    zip_path: Path | None = None,
    progress: Progress,
) -> Plan:
    """What a deploy would do, from what is there now. Packages the revision if no bundle is at hand."""
    deploying.check_tag(tag)
    cloud = open_cloud(project, to)
    return deploying.plan(
        _bundle(project, revision, zip_path, progress),
        tag=tag,
        settings=project.config.settings(),
        functions=cloud.functions,
    )


def deploy(
    project: Project,
    *,
    to: str = LOCAL,
    tag: str = "prod",
    revision: str | None = None,
    zip_path: Path | None = None,
    progress: Progress,
) -> Endpoint:
    """Make `tag` of the project's function answer with a bundle. The same bundle again changes nothing.

    On the local platform a server is started in the background if none runs.
    """
    cloud = open_cloud(project, to)
    steps = plan(project, to=to, tag=tag, revision=revision, zip_path=zip_path, progress=progress)
    if to == LOCAL:
        ensure_serving(project, progress)
    progress.step(f"deploying to {to}")
    return deploying.apply(steps, cloud.functions)


def promote(project: Project, *, source: str, tag: str = "prod", to: str = LOCAL) -> TagMove:
    """Point `tag` at the version that `source` names: a tag, a model version, or a version's number."""
    functions = open_cloud(project, to).functions
    move = deploying.promote(functions, function=project.config.model.name, source=source, tag=tag)
    return _told(project, to, move)


def rollback(project: Project, *, tag: str = "prod", to: str = LOCAL) -> TagMove:
    """Point `tag` at the version that it pointed at before."""
    functions = open_cloud(project, to).functions
    return _told(project, to, deploying.rollback(functions, function=project.config.model.name, tag=tag))


def write_dotenv(path: Path, url: str, tag: str) -> None:
    """Write what later jobs of a pipeline want to know of an endpoint. Errors: OSError."""
    write_atomic(path, f"EMEL_URL={url}\nEMEL_TAG={tag}\n")


def open_cloud(project: Project, name: str) -> Cloud:
    """A cloud by its name. Errors: DeployError for an unknown one."""
    return clouds.open_cloud(name, state=project.state)


def _told(project: Project, to: str, move: TagMove) -> TagMove:
    """The move with its address, or with none where nothing answers now."""
    return move if to != LOCAL or is_serving(project) else msgspec.structs.replace(move, url=None)


def _bundle(project: Project, revision: str | None, zip_path: Path | None, progress: Progress) -> Bundle:
    if zip_path is not None:
        return read_record(zip_path)
    return packaged(project, revision=revision, progress=progress)
