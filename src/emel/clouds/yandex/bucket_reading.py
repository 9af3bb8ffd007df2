"""Whether the service account that a function acts as may read the bucket from which its model is mounted.

Roles are held on the bucket, on its folder, or on the cloud around that, and each list shows to those alone
who may see it. Sources: documentation of Object Storage, «Access management» (storage.uploader holds what
storage.viewer does; primitive roles read data too, but for auditor), «Access control list», «Bucket policy»;
of Cloud Functions, «Mounting external resources to a function file system».

Roles on the organization around the cloud are not looked at; what is told to do gives the role in any case.
"""

from __future__ import annotations

from yandex.cloud.access.access_pb2 import AccessBinding
from yandex.cloud.resourcemanager.v1.cloud_service_pb2_grpc import CloudServiceStub
from yandex.cloud.resourcemanager.v1.folder_service_pb2 import GetFolderRequest
from yandex.cloud.resourcemanager.v1.folder_service_pb2_grpc import FolderServiceStub
from yandex.cloud.storage.v1.bucket_service_pb2 import GetBucketRequest
from yandex.cloud.storage.v1.bucket_service_pb2_grpc import BucketServiceStub

from emel.clouds.yandex.session import Session
from emel.errors import DeployError
from emel.records import Finding

READER = "storage.viewer"
READERS = frozenset(
    (READER, "storage.uploader", "storage.editor", "storage.admin", "viewer", "editor", "admin")
)
EVERYONE = frozenset(("allUsers", "allAuthenticatedUsers"))
_STUBS = {"bucket": BucketServiceStub, "folder": FolderServiceStub, "cloud": CloudServiceStub}


def reading(session: Session, bucket: str, account: str) -> Finding:
    """Whether `account` may read `bucket`: None where not all is to be seen that could tell."""
    what = f"reading of {bucket}"
    request = GetBucketRequest(name=bucket, view=GetBucketRequest.VIEW_ACL)
    try:
        found = session.read(BucketServiceStub, "Get", request)
        folder = session.read(FolderServiceStub, "Get", GetFolderRequest(folder_id=found.folder_id))
    except DeployError as problem:
        return Finding(what=what, ok=None, detail=f"not to be seen from here: {problem.message}")
    remedy = (
        f"yc resource-manager folder add-access-binding {folder.id} --role {READER} "
        f"--subject serviceAccount:{account}"
    )
    bindings, hidden = _bindings(
        session, bucket=found.resource_id or found.name, folder=folder.id, cloud=folder.cloud_id
    )
    readers = [each for each in bindings if each.role_id in READERS]
    held = {each.role_id for each in readers if each.subject.id in {account, *EVERYONE}}
    if held:
        return Finding(what=what, ok=True, detail=f"{account} may, by {', '.join(sorted(held))}")
    if any(each.subject.type == "group" or each.subject.id.startswith("group:") for each in readers):
        hidden.append("the members of groups")
    if found.acl.grants or found.policy.fields or found.anonymous_access_flags.read.value:
        hidden.append("what its ACL and policy let through")
    detail = f"{account} has no role to read it, as far as is to be seen"
    if hidden:
        return Finding(what=what, ok=None, detail=f"{detail}; hidden: {', '.join(hidden)}", remedy=remedy)
    detail = f"{account} lacks {READER} on the bucket, its folder and its cloud"
    return Finding(what=what, ok=False, detail=detail, remedy=remedy)


def check_reading(session: Session, bucket: str, account: str) -> None:
    """Errors: DeployError when it is certain that no instance could read the model that it mounts."""
    found = reading(session, bucket, account)
    if found.ok is False:
        raise DeployError(
            f"the function could not read its model in bucket {bucket}: {found.detail}", hint=found.remedy
        )


def _bindings(session: Session, **places: str) -> tuple[list[AccessBinding], list[str]]:
    """All roles on the bucket and on what it lies in, and the names of the places that do not show theirs."""
    found: list[AccessBinding] = []
    hidden = []
    for place, resource in places.items():
        try:
            found += session.bindings(_STUBS[place], resource)
        except DeployError:
            hidden.append(f"the roles on its {place}" if place != "bucket" else "the roles on itself")
    return found, hidden
