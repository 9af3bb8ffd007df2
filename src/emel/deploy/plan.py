"""What a deploy would do, as frozen steps that are made from reading alone."""

from __future__ import annotations

import re

from msgspec import Struct

from emel.clouds.base import Access, Functions, Gateways, Scaling
from emel.errors import DeployError
from emel.records import Bundle, FunctionSettings, Gateway, GatewayRoutes, ScalingPolicy


class CreateVersion(Struct, frozen=True, tag="create-version"):
    """Upload the bundle as a new version."""

    text: str


class ReuseVersion(Struct, frozen=True, tag="reuse-version"):
    """Take the version that has this bundle and these settings already."""

    number: int
    text: str


class SetTag(Struct, frozen=True, tag="set-tag"):
    """Point the tag at the version of the step before."""

    text: str


class SetScaling(Struct, frozen=True, tag="set-scaling"):
    """Let the tag scale by this policy."""

    policy: ScalingPolicy
    text: str


class MakePublic(Struct, frozen=True, tag="make-public"):
    """Let anyone call the function."""

    text: str


class PutGateway(Struct, frozen=True, tag="put-gateway"):
    """Let the function's API gateway answer so; it is made when it is absent."""

    routes: GatewayRoutes
    text: str


Step = CreateVersion | ReuseVersion | SetTag | SetScaling | MakePublic | PutGateway


class Plan(Struct, frozen=True, kw_only=True):
    """The steps of one deploy. `--dry-run` prints their texts."""

    bundle: Bundle
    function: str
    tag: str
    settings: FunctionSettings
    steps: tuple[Step, ...]
    is_first: bool = False
    """Whether the function is not there yet, and will be made."""

    @property
    def texts(self) -> tuple[str, ...]:
        """Each step as a line for people."""
        if not self.changes:
            return (*(step.text for step in self.steps), "nothing to do")
        return tuple(step.text for step in self.steps)

    @property
    def changes(self) -> bool:
        """Whether carrying the plan out would change anything."""
        return any(not isinstance(step, ReuseVersion) for step in self.steps)


TAG = re.compile(r"[a-z][-_0-9a-z]*")
"""What Yandex Cloud takes as a tag (cloudapi, serverless/functions/v1), and so what every cloud gets."""


def check_tag(tag: str) -> None:
    """Errors: DeployError when no cloud would take this tag. To be called before anything is built for it."""
    if not TAG.fullmatch(tag):
        raise DeployError(
            f"{tag!r} cannot be a tag",
            hint="use lower-case letters, digits, hyphens and underscores, with a letter first",
        )


def plan(
    bundle: Bundle,
    *,
    tag: str,
    settings: FunctionSettings,
    functions: Functions,
    scaling: Scaling | None = None,
    policy: ScalingPolicy | None = None,
    access: Access | None = None,
    gateways: Gateways | None = None,
    routes: GatewayRoutes | None = None,
) -> Plan:
    """Plan to make `tag` of the function that has the bundle's name answer with this bundle.

    Where tags have a scaling of their own (`scaling`), the tag gets `policy`. With `access`, anyone may call
    the function. With `routes`, it gets an API gateway of `gateways`. Errors: DeployError when the tag
    cannot be one.
    """
    check_tag(tag)
    function = bundle.name
    versions = functions.versions(function)
    is_first = not versions
    existing = None if is_first else functions.find_version(function, bundle.digest, settings)
    now = next((version.number for version in versions if tag in version.tags), None)
    steps: list[Step]
    if existing is None:
        size = f"{bundle.zip_bytes / 1000:.0f} KB"
        what = f"{bundle.version}, {bundle.tier} tier, {size}, {settings.memory} MB{_beside(bundle)}"
        place = f"create function {function}" if is_first else "create a version"
        steps = [CreateVersion(f"{place} ({what})")]
    else:
        steps = [ReuseVersion(existing.number, f"reuse version {existing.number} ({existing.model_version})")]
    if existing is None or existing.number != now:
        before = "" if now is None else f" from version {now}"
        after = "the new version" if existing is None else f"version {existing.number}"
        steps.append(SetTag(f"move tag {tag}{before} to {after}" if before else f"set tag {tag} to {after}"))
    if scaling is not None and policy is not None and (is_first or scaling.policy(function, tag) != policy):
        steps.append(SetScaling(policy, f"scale {tag} {policy_text(policy)}"))
    if access is not None and (is_first or not access.is_public(function)):
        steps.append(MakePublic("let anyone call the function"))
    if (
        gateways is not None
        and routes is not None
        and (is_first or not gateways.is_current(function, routes))
    ):
        steps.append(PutGateway(routes, _gateway_text(gateways.find(function), function, routes)))
    return Plan(
        bundle=bundle, function=function, tag=tag, settings=settings, steps=tuple(steps), is_first=is_first
    )


def _beside(bundle: Bundle) -> str:
    """What of a bundle does not go into its zip."""
    if bundle.mounted is None:
        return ""
    size = f"{bundle.mounted.size / 1e6:,.1f} MB"
    return f"; its model of {size} is too large for the zip, and is mounted from a bucket"


def _gateway_text(found: Gateway | None, function: str, routes: GatewayRoutes) -> str:
    if routes.weight < 100:
        return f"let API gateway {function} send {routes.weight} % of its requests to {routes.tag}"
    done = "create" if found is None else "update"
    return (
        f"{done} API gateway {function}, {len(routes.contract['paths'])} paths, all requests to {routes.tag}"
    )


def policy_text(policy: ScalingPolicy) -> str:
    """A policy as words: "up to 4 instances in each zone, 1 kept warm"."""
    parts = [f"up to {policy.zone_instances} instances in each zone" if policy.zone_instances else "freely"]
    if policy.zone_requests:
        parts.append(f"up to {policy.zone_requests} requests in each zone")
    return ", ".join([*parts, f"{policy.provisioned} kept warm"])
