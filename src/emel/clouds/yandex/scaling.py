"""Scaling policies: one for each tag of a function, and the quotas that bound all of them.

Sources: cloudapi, SetScalingPolicyRequest; documentation of Cloud Functions, «Scaling» and «Quotas and
limits». Instances and requests are limited in each availability zone, and the cloud spreads calls over the
zones at random. A Python instance answers one request at a time.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from yandex.cloud.quotamanager.v1 import quota_limit_service_pb2 as quotas
from yandex.cloud.quotamanager.v1.quota_limit_service_pb2_grpc import QuotaLimitServiceStub
from yandex.cloud.quotamanager.v1.resource_pb2 import Resource
from yandex.cloud.resourcemanager.v1.folder_service_pb2 import GetFolderRequest
from yandex.cloud.resourcemanager.v1.folder_service_pb2_grpc import FolderServiceStub
from yandex.cloud.serverless.functions.v1 import function_pb2 as shapes
from yandex.cloud.serverless.functions.v1 import function_service_pb2 as requests
from yandex.cloud.serverless.functions.v1.function_service_pb2_grpc import FunctionServiceStub

from emel.clouds.yandex.inventory import Inventory
from emel.clouds.yandex.refusals import NOT_FOUND, Refusal
from emel.clouds.yandex.session import Session
from emel.errors import DeployError
from emel.records import ScalingPolicy

FUNCTIONS = "serverless.functions.count"
INSTANCES, REQUESTS = "serverless.workers.count", "serverless.request.count"
"""Quotas of one availability zone. Errors of the cloud name them so; no page of its documentation does."""


class Quota(NamedTuple):
    """How much of something the cloud gives, and how much of it is used; None where it does not say."""

    limit: float
    used: float | None


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
        for quota, wanted, key in (
            (INSTANCES, policy.zone_instances, "zone_instances"),
            (REQUESTS, policy.zone_requests, "zone_requests"),
        ):
            found = self.quota(quota) if wanted else None
            if found is not None and wanted > found.limit:
                raise DeployError(
                    f"{key} is {wanted}, and the cloud's quota {quota} is {found.limit:g} in each zone",
                    hint=f"make {key} at most {found.limit:g}, or ask for more on the cloud's page «Quotas»",
                )

    def quota(self, name: str) -> Quota | None:
        """A quota of the cloud around the folder; None where it is not to be seen."""
        try:
            folder = self._session.read(
                FolderServiceStub, "Get", GetFolderRequest(folder_id=self._inventory.folder)
            )
            resource = Resource(id=folder.cloud_id, type="resource-manager.cloud")
            found = self._session.read(
                QuotaLimitServiceStub,
                "Get",
                quotas.GetQuotaLimitRequest(resource=resource, quota_id=name),
            )
        except Refusal as problem:
            # Deploying needs no role that shows quotas; the cloud itself refuses what goes beyond them.
            if problem.code in ("PERMISSION_DENIED", NOT_FOUND):
                return None
            raise
        if not found.HasField("limit"):
            return None
        return Quota(found.limit.value, found.usage.value if found.HasField("usage") else None)


def _record(proto: Any) -> ScalingPolicy:
    return ScalingPolicy(
        zone_instances=proto.zone_instances_limit,
        zone_requests=proto.zone_requests_limit,
        provisioned=proto.provisioned_instances_count,
    )
