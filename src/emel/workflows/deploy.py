"""Bundle → live endpoint; and moving a tag to another version and back."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import msgspec

from emel import clouds
from emel import deploy as deploying
from emel.apitest.address import address_of
from emel.apitest.client import read_answers, request_body
from emel.bundle.contract import contract_of
from emel.bundle.shelf import read_record
from emel.clouds.base import Access, Cloud, Outside
from emel.deploy import Plan
from emel.errors import DeployError
from emel.records import Bundle, Endpoint, GatewayRoutes, TagMove
from emel.system.files import write_atomic
from emel.workflows.local import LOCAL, ensure_serving, is_serving
from emel.workflows.package import packaged
from emel.workflows.project import Progress, Project

PRODUCTION = "prod"
"""The tag whose instances are kept warm, where tags scale on their own."""


def plan(
    project: Project,
    *,
    to: str = LOCAL,
    tag: str = "prod",
    revision: str | None = None,
    zip_path: Path | None = None,
    gateway_weight: int | None = None,
    progress: Progress,
) -> Plan:
    """What a deploy would do, from what is there now. Packages the revision if no bundle is at hand."""
    deploying.check_tag(tag)
    cloud = open_cloud(project, to, progress)
    return _plan(project, cloud, tag, _bundle(project, to, revision, zip_path, progress), gateway_weight)


def deploy(
    project: Project,
    *,
    to: str = LOCAL,
    tag: str = "prod",
    revision: str | None = None,
    zip_path: Path | None = None,
    gateway_weight: int | None = None,
    progress: Progress,
    agreed: Callable[[Plan], bool] = lambda _: True,
) -> Endpoint:
    """Make `tag` of the project's function answer with a bundle. The same bundle again changes nothing.

    `agreed` is asked once, with the plan, before anything is changed; when it says no, nothing is, and
    DeployError is raised. On the local platform a server is started in the background if none runs.
    With a `gateway_weight`, an API gateway sends so many percent of its requests to the tag.
    """
    deploying.check_tag(tag)
    cloud = open_cloud(project, to, progress)
    bundle = _bundle(project, to, revision, zip_path, progress)
    steps = _plan(project, cloud, tag, bundle, gateway_weight)
    if not agreed(steps):
        raise DeployError("nothing was deployed", hint="with --yes nobody is asked")
    if to == LOCAL:
        ensure_serving(project, progress)
    progress.step(f"deploying to {to}")
    made = deploying.apply(steps, cloud.functions, cloud.scaling, cloud.access, cloud.gateways)
    if gateway_weight == 100 and cloud.canaries:
        # All requests go to the tag now; what was left of a canary goes too.
        cloud.canaries.set_canary(made.function, tag, None)
    if cloud.access is None:
        return made
    example = _example(made.url, steps.bundle, _may_anyone_call(cloud.access, made.function))
    if made.gateway and gateway_weight is not None:
        # Whom it lets through is a matter of its authorizer, and not of the cloud's own roles.
        example = _example(made.gateway.url, steps.bundle, is_public=True)
    return msgspec.structs.replace(made, example=example)


def _may_anyone_call(access: Access, function: str) -> bool:
    """As far as whoever deployed may see it; the deploy itself is done."""
    try:
        return access.is_public(function)
    except DeployError:
        return False


def _example(url: str, bundle: Bundle, is_public: bool) -> str | None:
    """A command line that has the first sample row predicted, without a secret in it."""
    if not bundle.answers.is_file():
        return None
    answers = read_answers(bundle.answers)
    body = request_body(answers.columns, answers.rows[:1]).decode()
    words = ["curl", shlex.quote(address_of(url).of("/predict"))]
    if not is_public:
        words.append('-H "Authorization: Bearer $(yc iam create-token)"')
    return " ".join([*words, "-H 'Content-Type: application/json' -d", shlex.quote(body)])


def _plan(project: Project, cloud: Cloud, tag: str, bundle: Bundle, gateway_weight: int | None) -> Plan:
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
        routes=None if gateway_weight is None else _routes(project, cloud, tag, bundle, gateway_weight),
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


def _bundle(
    project: Project, to: str, revision: str | None, zip_path: Path | None, progress: Progress
) -> Bundle:
    if zip_path is not None:
        return read_record(zip_path)
    return packaged(project, revision=revision, to=to, progress=progress)
