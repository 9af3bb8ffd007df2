"""Scaling policies: one for each tag of a function, and the quotas that bound all of them.

Sources: cloudapi, SetScalingPolicyRequest; documentation of Cloud Functions, «Scaling» and «Quotas and
limits». Instances and requests are limited in each availability zone, and the cloud spreads calls over the
zones at random. A Python instance answers one request at a time.
"""

from __future__ import annotations

from typing import Any

from yandex.cloud.serverless.functions.v1 import function_pb2 as shapes
from yandex.cloud.serverless.functions.v1 import function_service_pb2 as requests
from yandex.cloud.serverless.functions.v1.function_service_pb2_grpc import FunctionServiceStub

from emel.clouds.yandex.inventory import Inventory
from emel.clouds.yandex.quotas import find_quota
from emel.clouds.yandex.session import Session
from emel.errors import DeployError
from emel.records import ScalingPolicy

FUNCTIONS = "serverless.functions.count"
INSTANCES, REQUESTS = "serverless.workers.count", "serverless.request.count"
"""Quotas of one availability zone. Errors of the cloud name them so; no page of its documentation does."""


class YandexScaling:
    """See emel.clouds.base.Scaling."""

    def __init__(self, session: Session, inventory: Inventory) -> None:
        self._session = session
        self._inventory = inventory

    def policy(self, function: str, tag: str) -> ScalingPolicy | None:
        identifier = self._inventory.id_of(function)
        if identifier is None:
            return None
        request = requests.ListScalingPoliciesRequest(function_id=identifier, page_size=1000)
        found = self._session.pages(FunctionServiceStub, "ListScalingPolicies", request, "scaling_policies")
        return next((_record(one) for one in found if one.tag == tag), None)

    def set_policy(self, function: str, tag: str, policy: ScalingPolicy) -> None:
        if self.policy(function, tag) == policy:
            return
        identifier = self._inventory.id_of(function)
        if identifier is None:
            raise DeployError(f"there is no function {function!r}", hint="`emel deploy --to yandex` makes it")
        self._check(policy)
        request = requests.SetScalingPolicyRequest(
            function_id=identifier,
            tag=tag,
            provisioned_instances_count=policy.provisioned,
            zone_instances_limit=policy.zone_instances,
            zone_requests_limit=policy.zone_requests,
        )
        started = self._session.change(FunctionServiceStub, "SetScalingPolicy", request)
        self._session.wait(started, shapes.ScalingPolicy(), "set the scaling policy")

    def _check(self, policy: ScalingPolicy) -> None:
        """Errors: DeployError when a quota is smaller than what is asked for."""
        for quota, wanted, what, option in (
            (INSTANCES, policy.zone_instances, "instances", "--max, or max_instances"),
            (REQUESTS, policy.zone_requests, "requests", "--requests, or zone_requests"),
        ):
            found = find_quota(self._session, self._inventory.folder, quota) if wanted else None
            if found is not None and wanted > found.limit:
                raise DeployError(
                    f"{wanted} {what} are asked for in each zone, and the cloud's quota {quota} is "
                    f"{found.limit:g}",
                    hint=f"say at most {found.limit:g} ({option} in emel.toml), or ask for more on the "
                    "cloud's page «Quotas»",
                )


def _record(proto: Any) -> ScalingPolicy:
    return ScalingPolicy(
        zone_instances=proto.zone_instances_limit,
        zone_requests=proto.zone_requests_limit,
        provisioned=proto.provisioned_instances_count,
    )
