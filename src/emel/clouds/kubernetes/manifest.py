"""The objects of a machine in a cluster: a Job with one pod, and the Secret with its token.

The pod needs no right in the cluster and no superuser: it keeps to the Pod Security Standard «restricted».
Kubernetes 1.29 or newer knows all its fields (Kubernetes API reference, «Job», «Pod», «Secret»).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from emel.clouds.kubernetes.nodes import GPU
from emel.records import KubernetesMachines, MachineBoot, MachineShape

LABELS = {"emel": "runner"}
IMAGE = "python:3.12"
"""The image in which jobs run, when none is configured: it has git, which runners of GitLab need."""
RUNNER_IMAGE = "gitlab/gitlab-runner:alpine-v19.0.3"
"""Where gitlab-runner comes from: one program without libraries (https://docs.gitlab.com/runner/install/docker/)."""
KEPT_SECONDS = 3600
"""For so long the log of a machine that has ended can be read; then the cluster deletes it."""
GRACE_SECONDS = 60
"""From the signal that a node is taken away to its end: time for a last checkpoint."""
USER = 1000
FOLDER = "/emel"

# The token is put where the jobs' container can delete it, which it cannot with a mounted Secret.
_PREPARE = (
    f"umask 077 && cp /usr/bin/gitlab-runner {FOLDER}/bin && chmod 755 {FOLDER}/bin/gitlab-runner "
    f"&& cat {FOLDER}/secret/token >{FOLDER}/hand/token"
)
# The script reads the token from a file that is gone before any job runs.
_RUN = (
    f'exec <{FOLDER}/hand/token && rm {FOLDER}/hand/token && export PATH="{FOLDER}/bin:$PATH" '
    f'&& exec /bin/sh -c "$1"'
)
_LOCKED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def job(
    name: str,
    shape: MachineShape,
    boot: MachineBoot,
    labels: Mapping[str, str],
    settings: KubernetesMachines,
    card: tuple[str, tuple[str, ...]] | None,
) -> dict[str, Any]:
    """The Job of a machine. `card` is the label of nodes that have the wanted card, and its values."""
    labelled = {**labels, **LABELS}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": labelled},
        "spec": {
            # A pod that is lost is not replaced: its runner is gone with it.
            "backoffLimit": 0,
            "podReplacementPolicy": "Failed",
            "activeDeadlineSeconds": round(boot.max_lifetime),
            "ttlSecondsAfterFinished": KEPT_SECONDS,
            "template": {
                "metadata": {
                    "labels": labelled,
                    # Those who make clusters smaller do not move it.
                    "annotations": {
                        "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
                        "karpenter.sh/do-not-disrupt": "true",
                    },
                },
                "spec": _pod(name, shape, boot, settings, card),
            },
        },
    }


def secret(name: str, job_uid: str, token: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """The Secret with the token. It goes with the Job that owns it, if it has not been deleted before."""
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": name, "uid": job_uid}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "labels": {**labels, **LABELS}, "ownerReferences": [owner]},
        "immutable": True,
        "data": {"token": base64.b64encode(f"{token}\n".encode()).decode()},
    }


def _pod(
    name: str,
    shape: MachineShape,
    boot: MachineBoot,
    settings: KubernetesMachines,
    card: tuple[str, tuple[str, ...]] | None,
) -> dict[str, Any]:
    pod: dict[str, Any] = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": settings.service_account is not None,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "initContainers": [_prepare()],
        "containers": [_runner(shape, boot, settings)],
        "volumes": [
            {"name": "secret", "secret": {"secretName": name, "defaultMode": 0o440}},
            {"name": "hand", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}},
            {"name": "bin", "emptyDir": {}},
            {"name": "work", "emptyDir": {}},
            # The default of 64 MB ends the data loaders of PyTorch.
            {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}},
        ],
    }
    if settings.service_account:
        pod["serviceAccountName"] = settings.service_account
    if settings.node_selector:
        pod["nodeSelector"] = settings.node_selector
    if shape.gpus:
        pod["tolerations"] = [{"key": GPU, "operator": "Exists", "effect": "NoSchedule"}]
    wanted = [("topology.kubernetes.io/zone", shape.zones)] if shape.zones else []
    wanted += [card] if card else []
    if wanted:
        terms = [{"key": key, "operator": "In", "values": list(values)} for key, values in wanted]
        required = {"nodeSelectorTerms": [{"matchExpressions": terms}]}
        pod["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    return pod


def _prepare() -> dict[str, Any]:
    small = {"cpu": "100m", "memory": "128Mi"}
    return {
        "name": "prepare",
        "image": RUNNER_IMAGE,
        "command": ["/bin/sh", "-c", _PREPARE],
        "securityContext": _LOCKED,
        "resources": {"requests": small, "limits": small},
        "volumeMounts": [_mount("secret", readOnly=True), _mount("hand"), _mount("bin")],
    }


def _runner(shape: MachineShape, boot: MachineBoot, settings: KubernetesMachines) -> dict[str, Any]:
    size = {"cpu": str(shape.cpus), "memory": f"{shape.memory}Gi", "ephemeral-storage": f"{shape.disk}Gi"}
    if shape.gpus:
        size[GPU] = str(shape.gpus)
    return {
        "name": "runner",
        "image": settings.image or IMAGE,
        "command": ["/bin/sh", "-c", _RUN, "emel", boot.script],
        "workingDir": f"{FOLDER}/work",
        # The image need not know the user: gitlab-runner takes the variables instead.
        "env": [{"name": "HOME", "value": f"{FOLDER}/work"}, {"name": "USER", "value": "emel"}],
        "securityContext": _LOCKED,
        "resources": {"requests": size, "limits": size},
        "volumeMounts": [
            _mount("hand"),
            _mount("bin", readOnly=True),
            _mount("work"),
            {"name": "shm", "mountPath": "/dev/shm"},
        ],
    }


def _mount(name: str, **options: bool) -> dict[str, Any]:
    return {"name": name, "mountPath": f"{FOLDER}/{name}", **options}
