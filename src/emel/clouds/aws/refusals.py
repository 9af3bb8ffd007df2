"""What AWS says when it refuses, in words that tell what to do.

Source of the codes: EC2 API Reference, «Error codes for the Amazon EC2 API»
(https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html).
"""

from __future__ import annotations

from emel.errors import DeployError

GONE = frozenset(("IncorrectInstanceState", "InvalidInstanceID.NotFound"))
"""The machine has just been deleted."""
NO_ROOM = frozenset(
    (
        "InsufficientInstanceCapacity",
        "InsufficientHostCapacity",
        "InsufficientFreeAddressesInSubnet",
        "SpotMaxPriceTooLow",
        "Unsupported",
    )
)
"""The zone cannot take the machine now, or never has this type; another one may."""
TOKEN_IN_USE, TOKEN_USED_UP = "IdempotentParameterMismatch", "IdempotentInstanceTerminated"
"""A machine has been made with this client token and other parameters; that machine is gone."""

_UNSIGNED = (
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
)
_FORBIDDEN = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
_QUOTAS = (
    "InstanceLimitExceeded",
    "MaxSpotInstanceCountExceeded",
    "VcpuLimitExceeded",
    "VolumeLimitExceeded",
)
_CONFIGURED = ("InvalidAMIID", "InvalidGroup", "InvalidSubnetID")
"""Beginnings of codes for what emel.toml names and the region does not have."""


class Refusal(DeployError):
    """A call that AWS refused. `code` is its error code."""

    def __init__(self, code: str, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message, where=where, hint=hint)
        self.code = code


def refusal(code: str, text: str, service: str, operation: str) -> Refusal:
    """The error for a call, such as `RunInstances` of `ec2`, that was refused."""
    message, hint = _explained(code, text.strip() or code, service, operation)
    return Refusal(code, message, where=f"AWS, {operation}", hint=hint)


def _explained(code: str, text: str, service: str, operation: str) -> tuple[str, str | None]:
    if code in _UNSIGNED:
        return f"the sign-in was not accepted: {text}", "check it with: aws sts get-caller-identity"
    if code in _FORBIDDEN:
        also = " and ec2:CreateTags" if operation == "RunInstances" else ""
        return (
            f"whoever launches may not do this: {text}",
            f"let the policy allow {service}:{operation}{also}; docs/guides/cloud-training.md lists them all",
        )
    if code in _QUOTAS:
        return f"a quota is used up: {text}", "ask for more in «Service Quotas», or choose a smaller --type"
    if code.startswith(_CONFIGURED):
        return f"{code}: {text}", "check [aws.machine] in emel.toml, and that it is of this region"
    if code == "AuthFailure.ServiceLinkedRoleCreationNotPermitted":
        return (
            f"the account has had no spot machine yet: {text}",
            "let an administrator run, once: "
            "aws iam create-service-linked-role --aws-service-name spot.amazonaws.com",
        )
    return f"{code}: {text}", None
