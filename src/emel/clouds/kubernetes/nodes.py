"""What the nodes of a cluster offer, and which of them have a card."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from emel.clouds.kubernetes.kubectl import FORBIDDEN, Kubectl, Refusal

GPU = "nvidia.com/gpu"
"""The resource of NVIDIA's device plugin, and the key of the taint that keeps others away from its nodes."""
CARD_LABELS = (
    "nvidia.com/gpu.product",
    "cloud.google.com/gke-accelerator",
    "k8s.amazonaws.com/accelerator",
)
"""Labels that name a node's card: of NVIDIA's GPU Feature Discovery (`Tesla-T4`), of GKE (`nvidia-tesla-t4`),
and of the cluster autoscaler for EKS."""
_UNITS = {
    "m": 1e-3, "": 1.0,
    "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50,
}  # fmt: skip
_QUANTITY = re.compile(r"(?P<number>[0-9.]+(?:e[0-9]+)?)(?P<unit>[a-zA-Z]*)")


class Node(NamedTuple):
    """What a node has for pods, taken or not. Memory and disk are GB of 2**30 bytes."""

    cpus: float
    memory: float
    disk: float
    gpus: int
    card: tuple[str, str] | None
    """The label that names its card, and what it says."""

    def has(self, cpus: float, memory: float, disk: float, gpus: int) -> bool:
        """Whether a pod of this size could stand on it, were it empty."""
        return self.cpus >= cpus and self.memory >= memory and self.disk >= disk and self.gpus >= max(gpus, 0)

    def carries(self, gpu: str) -> bool:
        """Whether its card is this model, as far as it says: `t4` is a word of `NVIDIA-Tesla-T4`."""
        return self.card is not None and gpu in re.split(r"[^a-z0-9]+", self.card[1].lower())


def read_nodes(kubectl: Kubectl, selector: dict[str, str], zones: Sequence[str]) -> Sequence[Node] | None:
    """The nodes that take pods and have these labels. None when whoever launches may not see nodes."""
    wanted = [f"{key}={value}" for key, value in selector.items()]
    if zones:
        wanted.append(f"topology.kubernetes.io/zone in ({','.join(zones)})")
    query = f"?{urlencode({'labelSelector': ','.join(wanted)})}" if wanted else ""
    try:
        return [_read(node) for node in kubectl.items(f"/api/v1/nodes{query}") if _takes_pods(node)]
    except Refusal as problem:
        if problem.reason == FORBIDDEN:
            return None
        raise


def cards_of(nodes: Sequence[Node], gpu: str) -> tuple[str, tuple[str, ...]] | None:
    """The label by which the nodes with this card are told from others, and its values. None without one."""
    found = [node.card for node in nodes if node.card is not None and node.carries(gpu)]
    if not found:
        return None
    label = found[0][0]
    return label, tuple(sorted({value for key, value in found if key == label}))


def quantity(text: str) -> float:
    """A quantity of Kubernetes, `3920m` or `16Gi`, as a number. Source: Kubernetes API, «Quantity»."""
    found = _QUANTITY.fullmatch(text)
    if found is None or found["unit"] not in _UNITS:
        return 0.0
    return float(found["number"]) * _UNITS[found["unit"]]


def _takes_pods(node: Any) -> bool:
    conditions = node.get("status", {}).get("conditions", ())
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
    return ready and not node.get("spec", {}).get("unschedulable")


def _read(node: Any) -> Node:
    offered = node.get("status", {}).get("allocatable", {})
    labels = node["metadata"].get("labels", {})
    card = next(((key, labels[key]) for key in CARD_LABELS if key in labels), None)
    gigabyte = 2.0**30
    return Node(
        cpus=quantity(offered.get("cpu", "0")),
        memory=quantity(offered.get("memory", "0")) / gigabyte,
        disk=quantity(offered.get("ephemeral-storage", "0")) / gigabyte,
        gpus=round(quantity(offered.get(GPU, "0"))),
        card=card,
    )
