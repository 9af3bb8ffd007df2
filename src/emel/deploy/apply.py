"""Carry a plan out."""

from __future__ import annotations

from emel.clouds.base import Access, Functions, Gateways, Scaling
from emel.deploy.plan import CreateVersion, MakePublic, Plan, PutGateway, ReuseVersion, SetScaling, SetTag
from emel.errors import DeployError
from emel.records import Endpoint, FunctionVersion


def apply(
    plan: Plan,
    functions: Functions,
    scaling: Scaling | None = None,
    access: Access | None = None,
    gateways: Gateways | None = None,
) -> Endpoint:
    """Run the plan's steps in their order, and return the endpoint. The cloud is the one of the plan.

    Each step can be repeated, so a deploy that was interrupted is mended by deploying again. A tag moves
    when its version can be called: until then the endpoint answers as before.
    """
    number = 0
    for step in plan.steps:
        match step:
            case CreateVersion():
                number = functions.create_version(plan.function, plan.bundle, plan.settings).number
            case ReuseVersion():
                number = step.number
            case SetTag():
                functions.set_tag(plan.function, plan.tag, number)
            case SetScaling():
                assert scaling is not None, "only a plan for a cloud with scaling has this step"
                scaling.set_policy(plan.function, plan.tag, step.policy)
            case MakePublic():
                assert access is not None, "only a plan for a cloud with access has this step"
                access.make_public(plan.function)
            case PutGateway():
                assert gateways is not None, "only a plan for a cloud with gateways has this step"
                gateways.put(plan.function, step.routes)
    functions.clean_up(plan.bundle)
    return Endpoint(
        url=functions.url(plan.function, plan.tag),
        function=plan.function,
        tag=plan.tag,
        version=_version(functions, plan.function, number),
        changed=plan.changes,
        gateway=gateways.find(plan.function) if gateways else None,
    )


def _version(functions: Functions, function: str, number: int) -> FunctionVersion:
    for version in functions.versions(function):
        if version.number == number:
            return version
    raise DeployError(
        f"version {number} of function {function} is gone", hint="deploy again; someone else has removed it"
    )
