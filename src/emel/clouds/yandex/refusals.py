"""What the cloud says when it refuses, in words that tell what to do."""

from __future__ import annotations

import re
from typing import Any

from google.rpc import error_details_pb2 as details

from emel.errors import DeployError

ALREADY_EXISTS, NOT_FOUND = "ALREADY_EXISTS", "NOT_FOUND"
PASSING = frozenset(("UNAVAILABLE", "DEADLINE_EXCEEDED", "ABORTED"))
"""gRPC codes after which the same call may succeed, and after which it is not known whether it did."""
CODES = {
    3: "INVALID_ARGUMENT",
    5: "NOT_FOUND",
    7: "PERMISSION_DENIED",
    8: "RESOURCE_EXHAUSTED",
    9: "FAILED_PRECONDITION",
}
"""google.rpc.Code, as the error of an operation has it, to its name."""

# Documentation, «Access management» of each service.
_ROLES = {
    "UpdateAccessBindings": "functions.admin",
    "LogReadingService": "logging.reader",
    "LogGroupService": "logging.viewer",
    "QuotaLimitService": "quota-manager.viewer",
    "FolderService": "resource-manager.viewer",
    "FunctionService": "functions.editor",
    "ApiGatewayService": "api-gateway.editor",
    "InstanceService": "compute.editor",
    "DiskService": "compute.editor",
    "the machine": "compute.editor",
    "ImageService": "compute.images.user",
    "SubnetService": "vpc.user",
    "RouteTableService": "vpc.user",
    "Object Storage": "storage.editor",
}


class Refusal(DeployError):
    """A call that the cloud refused. `code` is the name of the gRPC status."""

    def __init__(self, code: str, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message, where=where, hint=hint)
        self.code = code


def refusal(code: str, text: str, call: str) -> Refusal:
    """The error for a call, such as `FunctionService.CreateVersion`, that was refused."""
    message, hint = _explained(code, text.strip() or code, call)
    return Refusal(code, message, where=f"Yandex Cloud, {call}", hint=hint)


def details_of(status: Any) -> list[str]:
    """What the error of an operation says beside its message: violations, and links to read on.

    Source: google/rpc/error_details.proto. Other details are left out; that the cloud fills any of these, no
    document known to us says.
    """
    told: list[str] = []
    for packed in status.details:
        if packed.Unpack(bad := details.BadRequest()):
            told += [f"{each.field}: {each.description}" for each in bad.field_violations]
        elif packed.Unpack(failed := details.PreconditionFailure()):
            told += [f"{each.subject}: {each.description}" for each in failed.violations]
        elif packed.Unpack(quota := details.QuotaFailure()):
            told += [f"{each.subject}: {each.description}" for each in quota.violations]
        elif packed.Unpack(localized := details.LocalizedMessage()):
            told.append(localized.message)
        elif packed.Unpack(links := details.Help()):
            told += [f"{each.description}: {each.url}" for each in links.links]
    return told


def _explained(code: str, text: str, call: str) -> tuple[str, str | None]:
    account = re.search(r"[Ss]ervice account (\S+) is not available", text)
    if account:
        return (
            f"the service account {account[1]} is not there, or whoever deploys may not use it",
            "give the deployer the role iam.serviceAccounts.user on it: yc iam service-account "
            f"add-access-binding {account[1]} --role iam.serviceAccounts.user --subject "
            "serviceAccount:DEPLOYER_ID",
        )
    if code == "UNAUTHENTICATED" and "IamTokenService" in call:
        return (
            f"the key was not accepted: {text}",
            "check this machine's clock, and that the key is still there: yc iam key list "
            "--service-account-id DEPLOYER_ID",
        )
    if code == "UNAUTHENTICATED":
        return (
            f"the sign-in was not accepted: {text}",
            "a token is good for 12 hours at most: export YC_IAM_TOKEN=$(yc iam create-token)",
        )
    if code == NOT_FOUND and "folder" in text.lower():
        return (
            text,
            "check [yandex] folder in emel.toml, or YC_FOLDER_ID; yours: yc resource-manager folder list",
        )
    if code == "PERMISSION_DENIED":
        role = next((role for part, role in _ROLES.items() if part in call), "editor")
        return (
            f"whoever deploys may not do this: {text}",
            f"give the role {role}: yc resource-manager folder add-access-binding FOLDER_ID --role {role} "
            "--subject serviceAccount:DEPLOYER_ID",
        )
    if code in ("INVALID_ARGUMENT", NOT_FOUND) and "secret" in text.lower():
        return (
            text,
            "check [yandex] secrets in emel.toml, and that [yandex] service_account has the role "
            "lockbox.payloadViewer on the secret",
        )
    if code == "RESOURCE_EXHAUSTED" and "limit" in text.lower():
        return f"a quota is used up: {text}", "free some of it, or ask for more on the cloud's page «Quotas»"
    if code == ALREADY_EXISTS:
        return text, "choose another [model] name in emel.toml"
    if code in PASSING:
        return f"the cloud does not answer: {text}", "try again; nothing is doubled by it"
    return text, None
