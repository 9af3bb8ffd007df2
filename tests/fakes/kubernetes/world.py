"""What there is in a cluster, and the controllers that move it on a little with every call."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from tests.fakes.compute import SAYS

NAMESPACE = "training"
START = datetime(2026, 11, 22, 12, tzinfo=UTC)
Thing = dict[str, Any]


def node(
    cpu: str = "7910m",
    memory: str = "29Gi",
    disk: str = "90Gi",
    *,
    gpus: int = 0,
    labels: dict[str, str] | None = None,
    ready: bool = True,
    unschedulable: bool = False,
) -> Thing:
    """A node; what it offers is what pods can have of it."""
    offered = {"cpu": cpu, "memory": memory, "ephemeral-storage": disk, "pods": "110"}
    if gpus:
        offered["nvidia.com/gpu"] = str(gpus)
    return {
        "metadata": {"name": f"node-{cpu}-{memory}", "labels": labels or {}},
        "spec": {"unschedulable": True} if unschedulable else {},
        "status": {
            "allocatable": offered,
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
        },
    }


@dataclass
class World:
    """Objects by kind and name, of one namespace."""

    jobs: dict[str, Thing] = field(default_factory=dict)
    pods: dict[str, Thing] = field(default_factory=dict)
    secrets: dict[str, Thing] = field(default_factory=dict)
    nodes: list[Thing] = field(default_factory=lambda: [node()])
    consoles: dict[str, str] = field(default_factory=dict)
    """What a pod has written, by its name."""
    pending: Thing | None = None
    """The status at which pods stop on their way, where they do."""
    pods_made: int = 0

    def __post_init__(self) -> None:
        self._numbers = count(1)

    def kind(self, plural: str) -> dict[str, Thing]:
        return {"jobs": self.jobs, "pods": self.pods, "secrets": self.secrets}[plural]

    def add(self, plural: str, thing: Thing) -> Thing:
        """Put an object in, as the API server would give it back. Each is made a second after the last."""
        number = next(self._numbers)
        made = START + timedelta(seconds=number)
        thing["metadata"] |= {
            "namespace": NAMESPACE,
            "uid": f"{number:08x}-0000-4000-8000-000000000000",
            "creationTimestamp": f"{made:%Y-%m-%dT%H:%M:%SZ}",
        }
        self.kind(plural)[thing["metadata"]["name"]] = thing
        return thing

    def end(self, job: str, kind: str = "Complete", reason: str = "", message: str = "") -> None:
        """Let the Job's pod end, and so the Job."""
        condition = {"type": kind, "status": "True", "reason": reason, "message": message}
        self.jobs[job]["status"] = {"conditions": [condition], "ready": 0}
        for pod in self._pods_of(job):
            pod["status"]["phase"] = "Succeeded" if kind == "Complete" else "Failed"

    def step(self) -> None:
        """One step of every controller: nothing in a cluster happens at once."""
        for name, job in list(self.jobs.items()):
            if job["metadata"].get("deletionTimestamp"):
                self._collect(name, job)
            elif not job.get("status", {}).get("conditions"):
                self._bring_up(name, job)

    def _bring_up(self, name: str, job: Thing) -> None:
        pods = self._pods_of(name)
        if not pods:
            self._add_pod(name, job)
        elif self.pending is not None:
            pods[0]["status"] = self.pending
        elif pods[0]["status"]["phase"] == "Pending" and self._secret_of(pods[0]) in self.secrets:
            pods[0]["status"] = {"phase": "Running"}
            self.consoles[pods[0]["metadata"]["name"]] = f"{SAYS}\n"
            job["status"] = {"active": 1, "ready": 1}

    def _add_pod(self, name: str, job: Thing) -> None:
        self.pods_made += 1
        template = job["spec"]["template"]
        labels = {**template["metadata"]["labels"], "batch.kubernetes.io/job-name": name}
        metadata = {"name": f"{name}-{self.pods_made:05x}", "labels": labels}
        self.add("pods", {"metadata": metadata, "spec": template["spec"], "status": {"phase": "Pending"}})

    def _collect(self, name: str, job: Thing) -> None:
        pods = self._pods_of(name)
        if pods:
            for pod in pods:
                del self.pods[pod["metadata"]["name"]]
            return
        uid = job["metadata"]["uid"]
        for secret in list(self.secrets.values()):
            owners = secret["metadata"].get("ownerReferences", ())
            if any(owner["uid"] == uid for owner in owners):
                del self.secrets[secret["metadata"]["name"]]
        del self.jobs[name]

    def _pods_of(self, job: str) -> list[Thing]:
        label = "batch.kubernetes.io/job-name"
        return [pod for pod in self.pods.values() if pod["metadata"]["labels"].get(label) == job]

    @staticmethod
    def _secret_of(pod: Thing) -> str:
        volumes = pod["spec"]["volumes"]
        return next(str(one["secret"]["secretName"]) for one in volumes if "secret" in one)
