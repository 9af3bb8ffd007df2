"""Bundle → live endpoint; and moving a tag to another version and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from emel import clouds
from emel import deploy as deploying
from emel.bundle.contract import contract_of
from emel.bundle.shelf import read_record
from emel.clouds.base import Cloud, Outside
from emel.deploy import Plan
from emel.errors import DeployError
from emel.records import Bundle, Endpoint, GatewayRoutes, TagMove
from emel.system.files import write_atomic
from emel.workflows.example import example_line
from emel.workflows.local import LOCAL, ensure_serving, is_serving
from emel.workflows.package import packaged
from emel.workflows.project import Progress, Project

PRODUCTION = "prod"
"""The tag whose instances are kept warm, where tags scale on their own."""


class DeployRequest(Struct, frozen=True, kw_only=True):
    """What is to be deployed, and where."""

    to: str = LOCAL
    tag: str = PRODUCTION
    revision: str | None = None
    """None for the working tree."""
    zip_path: Path | None = None
    """A bundle that is at hand, in the place of a revision."""
    gateway_weight: int | None = None
    """Percent of an API gateway's requests that go to the tag; None without a gateway."""


def plan(project: Project, request: DeployRequest, progress: Progress) -> Plan:
    """What a deploy would do, from what is there now. Packages the revision if no bundle is at hand."""
    return _planned(project, request, progress)[1]


def deploy(
    project: Project,
    request: DeployRequest,
    progress: Progress,
    *,
    agreed: Callable[[Plan], bool] = lambda _: True,
) -> Endpoint:
    """Make `tag` of the project's function answer with a bundle. The same bundle again changes nothing.

    `agreed` is asked once, with the plan, before anything is changed; when it says no, nothing is, and
    DeployError is raised. On the local platform a server is started in the background if none runs.
    With a `gateway_weight`, an API gateway sends so many percent of its requests to the tag.
    """
    cloud, steps = _planned(project, request, progress)
    if not agreed(steps):
        raise DeployError("nothing was deployed", hint="with --yes nobody is asked")
    if request.to == LOCAL:
        ensure_serving(project, progress)
    progress.step(f"deploying to {request.to}")
    made = deploying.apply(steps, cloud.functions, cloud.scaling, cloud.access, cloud.gateways)
    if request.gateway_weight == 100 and cloud.canaries:
        # All requests go to the tag now; what was left of a canary goes too.
        cloud.canaries.set_canary(made.function, request.tag, None)
    # A gateway answers at paths, and with the share that was asked for.
    is_gateway = made.gateway is not None and request.gateway_weight is not None
    url = made.gateway.url if made.gateway and is_gateway else made.url
    example = example_line(project, cloud, steps.bundle, url, is_gateway=is_gateway)
    return msgspec.structs.replace(made, example=example)


def _planned(project: Project, request: DeployRequest, progress: Progress) -> tuple[Cloud, Plan]:
    deploying.check_tag(request.tag)
    cloud = open_cloud(project, request.to, progress)
    return cloud, _plan(project, cloud, request, _bundle(project, request, progress))


def _plan(project: Project, cloud: Cloud, request: DeployRequest, bundle: Bundle) -> Plan:
    tag, weight = request.tag, request.gateway_weight
    if bundle.mounted and not cloud.limits.mounts:
        raise DeployError(
            f"the bundle's model stands beside its zip, and functions on {cloud.name} cannot mount it",
            where=str(bundle.path),
            hint=f"package it for {cloud.name}: leave --bundle out, or set [ci] cloud in emel.toml",
        )
    cloud.check(bundle)
    policy = project.config.scaling_policy()
    if tag != PRODUCTION:
        # What is kept warm is billed while nobody calls; a preview waits for its first call instead.
        policy = msgspec.structs.replace(policy, provisioned=0)
    return deploying.plan(
        bundle,
        tag=tag,
        settings=project.config.settings(),
        functions=cloud.functions,
        scaling=cloud.scaling,
        policy=policy,
        access=cloud.access if project.config.yandex.public else None,
        gateways=cloud.gateways,
        routes=None if weight is None else _routes(project, cloud, tag, bundle, weight),
    )


def _routes(project: Project, cloud: Cloud, tag: str, bundle: Bundle, weight: int) -> GatewayRoutes:
    """What a gateway is to answer with. Errors: DeployError where none can be, or could call the function."""
    if cloud.gateways is None:
        raise DeployError(f"on {cloud.name} there are no API gateways", hint="leave --gateway out")
    caller = project.config.yandex_settings().gateway.service_account
    public = project.config.yandex.public or (cloud.access and cloud.access.is_public(bundle.name))
    if not caller and not public:
        raise DeployError(
            "an API gateway could not call the function, which is private",
            where="emel.toml, [yandex.gateway]",
            hint="set service_account to one with the role functions.functionInvoker, or "
            "[yandex] public = true",
        )
    found = cloud.gateways.find(bundle.name) if weight < 100 else None
    if weight < 100 and found is None:
        raise DeployError(
            f"there is no API gateway {bundle.name}, so {tag} can get no share of its requests",
            hint=f"put one before the function first: emel deploy --to {cloud.name} --gateway",
        )
    if found is not None and found.tag == tag:
        raise DeployError(
            f"the gateway's requests go to {tag} as it is, so it can get no share beside that",
            hint="give the share to another tag: --tag next",
        )
    return GatewayRoutes(tag=tag, weight=weight, contract=contract_of(bundle.path))


def promote(
    project: Project, *, source: str, tag: str = "prod", weight: int = 100, to: str = LOCAL
) -> TagMove:
    """Point `tag` at the version that `source` names: a tag, a model version, or a version's number.

    With a `weight` below 100 that version becomes the tag's canary, and gets so many percent of its requests.
    """
    cloud = open_cloud(project, to)
    function = project.config.model.name
    if weight == 100:
        move = deploying.promote(cloud.functions, function=function, source=source, tag=tag)
    else:
        move = deploying.start_canary(
            cloud.functions, cloud.canaries, function=function, source=source, tag=tag, weight=weight
        )
    return _told(project, cloud, move)


def rollback(project: Project, *, tag: str = "prod", to: str = LOCAL) -> TagMove:
    """End the tag's canary; without one, point `tag` at the version that it pointed at before."""
    cloud = open_cloud(project, to)
    move = deploying.rollback(cloud.functions, cloud.canaries, function=project.config.model.name, tag=tag)
    return _told(project, cloud, move)


def write_dotenv(path: Path, url: str, tag: str) -> None:
    """Write what later jobs of a pipeline want to know of an endpoint. Errors: OSError."""
    write_atomic(path, f"EMEL_URL={url}\nEMEL_TAG={tag}\n")


def open_cloud(project: Project, name: str, progress: Progress | None = None) -> Cloud:
    """A cloud by its name. Errors: DeployError for an unknown one."""
    process, http, clock, env = project.system
    outside = Outside(
        process=process,
        http=http,
        clock=clock,
        env=env,
        yandex=project.config.yandex_settings(),
        yandex_machines=project.config.yandex.machine.settings(),
        tell=progress.step if progress else lambda _: None,
    )
    return clouds.open_cloud(name, state=project.state, outside=outside)


def _told(project: Project, cloud: Cloud, move: TagMove) -> TagMove:
    """The move with its address, which is the gateway's where that shares requests; with none where nothing
    answers now."""
    if cloud.name == LOCAL:
        return move if is_serving(project) else msgspec.structs.replace(move, url=None)
    is_trial = move.weight < 100 or move.ended_canary
    found = cloud.gateways.find(move.function) if cloud.gateways and is_trial else None
    return msgspec.structs.replace(move, url=found.url) if found else move


def _bundle(project: Project, request: DeployRequest, progress: Progress) -> Bundle:
    if request.zip_path is not None:
        return read_record(request.zip_path)
    return packaged(project, revision=request.revision, to=request.to, progress=progress)
