"""What a pod would be, and what the cluster lacks for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from emel.clouds.kubernetes.nodes import Node, cards_of
from emel.errors import DeployError
from emel.records import MachineShape, MachineWanted

PLATFORM = "job"


def check_wanted(wanted: MachineWanted) -> None:
    """Errors: DeployError for wishes that are a property of nodes, and not of pods."""
    if wanted.native:
        raise DeployError(
            f"a cluster gives processors and memory, not types such as {wanted.native}",
            hint="use --type 4cpu16gb; nodes of one type are chosen by [kubernetes.machine] node_selector = "
            f'{{ "node.kubernetes.io/instance-type" = "{wanted.native}" }}',
        )
    if wanted.spot:
        raise DeployError(
            "whether a node may be taken away is a property of its pool, not of a pod",
            hint="leave out --spot, and name a pool of spot nodes by [kubernetes.machine] node_selector, as "
            '{ "eks.amazonaws.com/capacityType" = "SPOT" }',
        )


def shape_of(
    wanted: MachineWanted, nodes: Sequence[Node] | None, is_pool_named: bool, tell: Callable[[str], None]
) -> MachineShape:
    """The pod that is wanted. `nodes` are those that it may stand on; None when they cannot be seen.

    A named pool that has no node now may grow: it is waited for. Errors: DeployError when no node is large
    enough, or none has the card.
    """
    if nodes is None:
        tell("whoever launches may not see nodes: whether one is large enough will show")
    elif not nodes and is_pool_named:
        tell("the pool has no node now: one is waited for")
    else:
        _check_nodes(wanted, nodes, tell)
    return MachineShape(
        cloud="kubernetes",
        platform=PLATFORM,
        cpus=wanted.cpus,
        memory=wanted.memory,
        gpu=wanted.gpu,
        gpus=wanted.gpus if wanted.gpu else 0,
        disk=wanted.disk,
        zones=wanted.zones,
    )


def _check_nodes(wanted: MachineWanted, nodes: Sequence[Node], tell: Callable[[str], None]) -> None:
    if not nodes:
        raise DeployError(
            "no node takes pods" + (f" in {', '.join(wanted.zones)}" if wanted.zones else ""),
            hint="name a pool that grows: [kubernetes.machine] node_selector; or see `kubectl get nodes`",
        )
    gpus = wanted.gpus if wanted.gpu else 0
    if wanted.gpu:
        nodes = _with_card(wanted.gpu, nodes, tell)
    if any(node.has(wanted.cpus, wanted.memory, wanted.disk, gpus) for node in nodes):
        return
    largest = max(nodes, key=lambda node: (min(node.gpus, gpus), node.cpus, node.memory, node.disk))
    fitting = f"{int(largest.cpus)}cpu{int(largest.memory)}gb"
    cards = f", {gpus} × {wanted.gpu}" if wanted.gpu else ""
    raise DeployError(
        f"no node has {wanted.cpus} processors, {wanted.memory} GB of memory, {wanted.disk} GB of disk{cards}"
        f"; the largest has {_told(largest)}",
        hint=f"use --type {fitting} --disk {int(min(largest.disk, wanted.disk))} at most, or name a pool "
        "that grows: [kubernetes.machine] node_selector",
    )


def _with_card(gpu: str, nodes: Sequence[Node], tell: Callable[[str], None]) -> Sequence[Node]:
    """The nodes with a card of this model; all with any card when none of them says its model."""
    having = [node for node in nodes if node.gpus]
    if not having:
        raise DeployError(
            f"no node offers nvidia.com/gpu, so none has the card {gpu!r}",
            hint="name a pool that grows by [kubernetes.machine] node_selector, or leave out --gpu",
        )
    models = sorted({node.card[1] for node in having if node.card})
    if not models:
        tell(f"no node says which card it has: whether it is a {gpu} will show")
        return having
    if cards_of(having, gpu) is None:
        raise DeployError(
            f"no node has the card {gpu!r}; there are: {', '.join(models)}",
            hint="use a word of these names: --gpu t4 is Tesla-T4",
        )
    return [node for node in having if node.carries(gpu)]


def _told(node: Node) -> str:
    cards = f", {node.gpus} × {node.card[1] if node.card else 'a card'}" if node.gpus else ""
    return f"{node.cpus:.3g} processors, {node.memory:.3g} GB of memory, {node.disk:.3g} GB of disk{cards}"
