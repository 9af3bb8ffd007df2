"""Whether whoever deploys may use the service accounts that the project names.

A version that names one needs the role iam.serviceAccounts.user on it, or on its folder. The cloud has no
call that asks about a permission (cloudapi, yandex/cloud/iam/v1), so bindings are read where they can be.
"""

from __future__ import annotations

from collections.abc import Set

from yandex.cloud.iam.v1.service_account_service_pb2_grpc import ServiceAccountServiceStub

from emel.clouds.yandex.session import Session
from emel.errors import EmelError
from emel.records import Finding

USER = "iam.serviceAccounts.user"
LARGER = "admin"
PERHAPS = "editor"
"""No document known to us says whether it holds the permission."""


def account_use(
    session: Session, account: str, deployer: str | None, folder_roles: Set[str] | None
) -> Finding:
    """Whether `deployer` may use a service account. That, and its roles on the folder, may be unknown."""
    what = f"use of {account}"
    remedy = (
        f"yc iam service-account add-access-binding {account} --role {USER} "
        f"--subject serviceAccount:{deployer or 'DEPLOYER_ID'}"
    )
    held = None if deployer is None else _held(session, account, deployer)
    known = (held or set()) | (folder_roles or set())
    if known & {USER, LARGER}:
        return Finding(what=what, ok=True, detail=f"held, by {', '.join(sorted(known & {USER, LARGER}))}")
    if held is None or folder_roles is None or PERHAPS in known:
        detail = f"not to be seen from here: {USER} is not checked, and the deploy says if it is missing"
        return Finding(what=what, ok=None, detail=detail, remedy=remedy)
    return Finding(what=what, ok=False, detail=f"{USER} is missing on it and on the folder", remedy=remedy)


def _held(session: Session, account: str, deployer: str) -> set[str] | None:
    """The deployer's roles on the account; None where they are not to be seen."""
    try:
        found = session.bindings(ServiceAccountServiceStub, account)
    except EmelError:
        return None
    return {each.role_id for each in found if each.subject.id == deployer}
