"""A machine that deletes itself at its end, disk and all: with the account that it acts as, and one role on
itself alone.

Sources: documentation of Compute Cloud, «Access management» (`compute.editor` on a machine may delete that
machine, `compute.admin` gives roles on it), «Metadata folders» (a machine's identifier, its account's token),
API reference (`DELETE /compute/v1/instances/{instanceId}`).
"""

from __future__ import annotations

from collections.abc import Callable

from yandex.cloud.access import access_pb2 as access
from yandex.cloud.compute.v1.instance_service_pb2_grpc import InstanceServiceStub

from emel.clouds.yandex.session import Session
from emel.errors import DeployError

ROLE = "compute.editor"
METADATA = "http://169.254.169.254/computeMetadata/v1/instance"
_ASK = f"curl -fsS --max-time 10 -H 'Metadata-Flavor: Google' {METADATA}"


def delete_command(api_host: str) -> str:
    """What the superuser of a machine runs to delete it. The token of its account goes by pipes alone."""
    header = 's/.*"access_token" *: *"\\([^"]*\\)".*/header = "Authorization: Bearer \\1"/p'
    return (
        f"itself=$({_ASK}/id) && {_ASK}/service-accounts/default/token | sed -n '{header}' "
        f"| curl -fsS --max-time 20 -o /dev/null -X DELETE --config - "
        f'"https://compute.{api_host}/compute/v1/instances/$itself"'
    )


def let_delete_itself(session: Session, identifier: str, account: str, tell: Callable[[str], None]) -> None:
    """Give a machine's account the role on that machine. Where the cloud refuses, it is told and no more: the
    machine powers itself off all the same, and whoever prunes deletes it."""
    subject = access.Subject(id=account, type="serviceAccount")
    binding = access.AccessBinding(role_id=ROLE, subject=subject)
    delta = access.AccessBindingDelta(action=access.ADD, access_binding=binding)
    request = access.UpdateAccessBindingsRequest(resource_id=identifier, access_binding_deltas=[delta])
    try:
        started = session.change(InstanceServiceStub, "UpdateAccessBindings", request)
        session.wait(started, access.AccessBindingsOperationResult(), "let the machine delete itself")
    except DeployError as problem:
        tell(
            "the machine will power itself off at its end, and not delete itself, so its disk is billed "
            "until `emel runner stop` or `prune`: whoever launches it needs compute.admin, to give its "
            f"account {ROLE} on it ({problem.message})"
        )
