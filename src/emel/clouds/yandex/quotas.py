"""The quotas of the cloud around a folder, where whoever is signed in may see them."""

from __future__ import annotations

from typing import NamedTuple

from yandex.cloud.quotamanager.v1 import quota_limit_service_pb2 as quotas
from yandex.cloud.quotamanager.v1.quota_limit_service_pb2_grpc import QuotaLimitServiceStub
from yandex.cloud.quotamanager.v1.resource_pb2 import Resource
from yandex.cloud.resourcemanager.v1.folder_service_pb2 import GetFolderRequest
from yandex.cloud.resourcemanager.v1.folder_service_pb2_grpc import FolderServiceStub

from emel.clouds.yandex.refusals import NOT_FOUND, Refusal
from emel.clouds.yandex.session import Session


class Quota(NamedTuple):
    """How much of something the cloud gives, and how much of it is used; None where it does not say."""

    limit: float
    used: float | None


def find_quota(session: Session, folder: str, name: str) -> Quota | None:
    """A quota of the cloud around the folder; None where it is not to be seen."""
    try:
        cloud = session.read(FolderServiceStub, "Get", GetFolderRequest(folder_id=folder)).cloud_id
        resource = Resource(id=cloud, type="resource-manager.cloud")
        request = quotas.GetQuotaLimitRequest(resource=resource, quota_id=name)
        found = session.read(QuotaLimitServiceStub, "Get", request)
    except Refusal as problem:
        # Nothing needs a role that shows quotas; the cloud itself refuses what goes beyond them.
        if problem.code in ("PERMISSION_DENIED", NOT_FOUND):
            return None
        raise
    if not found.HasField("limit"):
        return None
    return Quota(found.limit.value, found.usage.value if found.HasField("usage") else None)
