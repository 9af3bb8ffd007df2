"""What the cloud says when it makes no machine, in words that tell what to do.

No page of the documentation says with which codes it does. As users of the API report it (README of
github.com/AlexeySetevoi/yandex-fleeting-plugin, read November 2026), a quota is refused at once as
RESOURCE_EXHAUSTED, a platform that a zone lacks as FAILED_PRECONDITION, and a zone without room shows only in
the operation; with which code, they do not know either: RESOURCE_EXHAUSTED is taken to be it.
"""

from __future__ import annotations

from collections.abc import Mapping

from emel.clouds.yandex.compute_sizes import CARDS, CPU_QUOTA
from emel.clouds.yandex.refusals import ALREADY_EXISTS, Refusal
from emel.errors import DeployError
from emel.records import MachineShape

EXHAUSTED, PRECONDITION, DENIED = "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "PERMISSION_DENIED"
QUOTA = "The limit on"
"""How the cloud begins when a quota is used up."""
# A word of the refusal, and the quota that it speaks of (documentation, «Quotas and limits»).
_QUOTAS = {
    "cores": CPU_QUOTA,
    "memory": "compute.instanceMemory.size",
    "instances": "compute.instances.count",
    "disks": "compute.ssdDisks.size",
    "addresses": "vpc.externalAddresses.count",
}


def is_of_zone(problem: Refusal) -> bool:
    """Whether another zone may have what this one refused: room, the platform, or cards that it may give.

    Quotas are the whole cloud's, but for those of cards, of which a zone may have one of its own.
    """
    if problem.code == EXHAUSTED:
        return QUOTA not in problem.message or "GPU" in problem.message
    return problem.code == PRECONDITION and "zone" in problem.message


def vanished(name: str) -> Refusal:
    """A machine that was accepted, and then was gone or broken: the cloud's reason is lost."""
    return Refusal(EXHAUSTED, f"the cloud took machine {name} but did not bring it to run")


def no_zone(refused: Mapping[str, Refusal], shape: MachineShape) -> DeployError:
    """The error when no zone has made the machine."""
    by_reason: dict[str, list[str]] = {}
    for zone, problem in refused.items():
        by_reason.setdefault(problem.message, []).append(zone)
    reasons = "; ".join(f"{', '.join(zones)}: {text}" for text, zones in by_reason.items())
    return DeployError(
        f"no zone makes a machine of {shape.platform} with {shape.cpus} processors ({reasons})",
        where="Yandex Cloud, InstanceService.Create",
        hint=_hint(reasons, shape),
    )


def explained(problem: Refusal, shape: MachineShape) -> DeployError:
    """A refusal that would be the same in every zone."""
    if problem.code == DENIED:
        return _denied(problem, shape)
    hints = {ALREADY_EXISTS: "choose another name for the machine", EXHAUSTED: _hint(problem.message, shape)}
    return DeployError(problem.message, where=problem.where, hint=hints.get(problem.code, problem.hint))


def _denied(problem: Refusal, shape: MachineShape) -> DeployError:
    roles = ["compute.editor", "vpc.user", *(["vpc.publicAdmin"] if shape.public_address else [])]
    return DeployError(
        problem.message.replace("whoever deploys may not do this", "whoever launches may not make machines"),
        where=problem.where,
        hint=f"give the roles {', '.join(roles)}, each by: yc resource-manager folder add-access-binding "
        f"FOLDER_ID --role {roles[0]} --subject serviceAccount:LAUNCHER_ID",
    )


def _hint(reasons: str, shape: MachineShape) -> str:
    if QUOTA not in reasons:
        other = "without --spot" if shape.spot else "of another size"
        return f"try again later, in other zones, or with a machine {other}"
    if "active operations" in reasons:
        return "try again in a minute"
    if shape.gpu and "GPU" in reasons:
        quota = CARDS[shape.gpu].quota or f"of {shape.gpu} cards"
        return f"ask for the quota {quota} on the cloud's page «Quotas»: in a new cloud it is 0"
    quota = next((name for word, name in _QUOTAS.items() if word in reasons), "that it names")
    return f"ask for more of the quota {quota} on the cloud's page «Quotas», or free some of it"
