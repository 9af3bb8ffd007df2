"""Machines in a Kubernetes cluster: each is a Job with one pod. See emel.clouds.base.Compute.

The cluster itself ends a Job whose time is up, and deletes it an hour after its end, with its pod and Secret.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from emel.clouds.base import Outside
from emel.clouds.kubernetes import manifest
from emel.clouds.kubernetes.kubectl import BAD_REQUEST, Kubectl, Refusal
from emel.clouds.kubernetes.nodes import cards_of, read_nodes
from emel.clouds.kubernetes.shape import check_wanted, shape_of
from emel.clouds.kubernetes.starting import has_ended, wait_until_running
from emel.errors import DeployError
from emel.records import KubernetesMachines, Machine, MachineBoot, MachineShape, MachineState, MachineWanted
from emel.system.clock import Clock

BATCH, CORE = "apis/batch/v1", "api/v1"
DELETE_SECONDS = 300.0
LOG_LINES = "5000"


def open_compute(_: Path, outside: Outside) -> KubernetesCompute:
    """The cluster and namespace that [kubernetes.machine] or the kubeconfig names."""
    settings = outside.kubernetes_machines
    kubectl = Kubectl(outside.process, settings, outside.clock, outside.tell)
    return KubernetesCompute(kubectl, settings, outside.clock, outside.tell)


class KubernetesCompute:
    """See emel.clouds.base.Compute. Errors of all calls: DeployError, Refusal where the cluster refuses."""

    token_command = ""
    delete_command = ""

    def __init__(
        self, kubectl: Kubectl, settings: KubernetesMachines, clock: Clock, tell: Callable[[str], None]
    ) -> None:
        self._kubectl = kubectl
        self._settings = settings
        self._clock = clock
        self._tell = tell

    def shape(self, wanted: MachineWanted) -> MachineShape:
        """A pod of just this size, where a node could take it, were it empty."""
        check_wanted(wanted)
        nodes = read_nodes(self._kubectl, self._settings.node_selector, wanted.zones)
        return shape_of(wanted, nodes, bool(self._settings.node_selector), self._tell)

    def create(
        self, name: str, shape: MachineShape, boot: MachineBoot, secret: str, labels: Mapping[str, str]
    ) -> Machine:
        """See Compute. The pod waits for the Secret, which can only be made after the Job that owns it.

        A Job with other labels is of another launch, whose token it gets.
        """
        job = self._job(name)
        if job is not None and job["metadata"].get("deletionTimestamp"):
            self.delete(name)
            job = None
        if job is None:
            wanted = manifest.job(name, shape, boot, labels, self._settings, self._card(shape))
            made = self._kubectl.create(self._kubectl.path(BATCH, "jobs"), wanted)
            job = made or self._job(name)
        if job is None:
            raise DeployError(
                f"there is a Job {name} that emel did not make",
                where=f"Kubernetes, namespace {self._kubectl.namespace}",
                hint="choose another name: --name",
            )
        is_ours = labels.items() <= job["metadata"]["labels"].items()
        if is_ours and not has_ended(job) and not self._has_started(name):
            self._hand_over(name, job["metadata"]["uid"], secret, labels)
            wait_until_running(self._clock, self._tell, lambda: self._job(name), lambda: self._pods(name))
            job = self._job(name) or job
        return _machine(job)

    def forget_secret(self, name: str) -> None:
        """Delete the Secret. The pod has read it when it started, and has no copy that a job could see."""
        if self._job(name) is not None:
            self._kubectl.delete(self._kubectl.path(CORE, "secrets", name))

    def find(self, name: str) -> Machine | None:
        job = self._job(name)
        return None if job is None else _machine(job)

    def machines(self) -> Sequence[Machine]:
        jobs = self._kubectl.items(self._kubectl.path(BATCH, "jobs", labelSelector=_selector()))
        return [_machine(job) for job in sorted(jobs, key=lambda job: job["metadata"]["creationTimestamp"])]

    def boot_log(self, name: str) -> str:
        """What the pod has written. Empty also when the cluster has ended it because its time was up."""
        for pod in self._pods(name):
            path = self._kubectl.path(CORE, "pods", pod["metadata"]["name"])
            try:
                return self._kubectl.text(f"{path}/log?container=runner&tailLines={LOG_LINES}") or ""
            except Refusal as problem:
                # The container waits to be started.
                if problem.reason != BAD_REQUEST:
                    raise
        return ""

    def delete(self, name: str) -> None:
        """See Compute. A pod has a minute to end; the machine is gone when the pod is."""
        if self._job(name) is None:
            return
        self._kubectl.delete(self._kubectl.path(CORE, "secrets", name))
        self._kubectl.delete(self._kubectl.path(BATCH, "jobs", name, propagationPolicy="Foreground"))
        ends, pause = self._clock.monotonic() + DELETE_SECONDS, 0.5
        while self._job(name) is not None:
            if self._clock.monotonic() > ends:
                raise DeployError(
                    f"the cluster did not delete the Job {name} within {DELETE_SECONDS:g} s",
                    hint=f"kubectl --namespace {self._kubectl.namespace} describe job {name} tells more",
                )
            self._clock.sleep(pause)
            pause = min(pause * 1.5, 5.0)

    def _job(self, name: str) -> Any:
        """The Job of a name, if it is there and emel's; else None."""
        job = self._kubectl.get(self._kubectl.path(BATCH, "jobs", name))
        labels = {} if job is None else job["metadata"].get("labels", {})
        return job if manifest.LABELS.items() <= labels.items() else None

    def _pods(self, name: str) -> list[Any]:
        """The pod of a machine, if there is one; the newest first, should there be more."""
        selector = _selector(f"batch.kubernetes.io/job-name={name}")
        pods = self._kubectl.items(self._kubectl.path(CORE, "pods", labelSelector=selector))
        return sorted(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp")), reverse=True)

    def _has_started(self, name: str) -> bool:
        return any(pod.get("status", {}).get("phase", "Pending") != "Pending" for pod in self._pods(name))

    def _hand_over(self, name: str, job_uid: str, secret: str, labels: Mapping[str, str]) -> None:
        """Make the Secret; one that an interrupted launch has made is as good, and stays."""
        self._kubectl.create(
            self._kubectl.path(CORE, "secrets"), manifest.secret(name, job_uid, secret, labels)
        )

    def _card(self, shape: MachineShape) -> tuple[str, tuple[str, ...]] | None:
        if shape.gpu is None:
            return None
        nodes = read_nodes(self._kubectl, self._settings.node_selector, shape.zones)
        return cards_of(nodes or (), shape.gpu)


def _selector(*more: str) -> str:
    return ",".join([*(f"{key}={value}" for key, value in manifest.LABELS.items()), *more])


def _machine(job: Any) -> Machine:
    told = job["metadata"]
    return Machine(
        name=told["name"],
        id=told["uid"],
        cloud="kubernetes",
        state=_state(job),
        created_at=told["creationTimestamp"],
        labels=dict(told.get("labels", {})),
    )


def _state(job: Any) -> MachineState:
    if job["metadata"].get("deletionTimestamp"):
        return "stopping"
    if has_ended(job):
        return "stopped"
    # A pod without a readiness probe is ready as soon as it runs.
    return "running" if job.get("status", {}).get("ready") else "starting"
