"""From a Job to a pod that runs: what may take its time, and what will never start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from emel.errors import DeployError
from emel.system.clock import Clock

START_SECONDS = 900.0
"""A cluster that makes a node with a card for the pod takes minutes."""
_HOPELESS = (
    "CreateContainerConfigError",
    "CreateContainerError",
    "ImagePullBackOff",
    "InvalidImageName",
    "RunContainerError",
)
"""Reasons why a container waits, after which waiting longer is of no use."""


def has_ended(job: Any) -> bool:
    """Whether a Job has run to its end, well or not."""
    return _condition(job, "Complete") is not None or _condition(job, "Failed") is not None


def wait_until_running(
    clock: Clock,
    tell: Callable[[str], None],
    read_job: Callable[[], Any],
    read_pods: Callable[[], Sequence[Any]],
) -> None:
    """Wait until the Job's pod has been started. Errors: DeployError when it cannot be, or takes too long."""
    ends, pause, last = clock.monotonic() + START_SECONDS, 0.5, ""
    while clock.monotonic() < ends:
        _check_job(read_job())
        pod = next(iter(read_pods()), None)
        if pod is not None and _is_started(pod):
            return
        reason = "the cluster has not made the pod yet" if pod is None else _waits_for(pod)
        if reason and reason != last:
            tell(reason)
            last = reason
        clock.sleep(pause)
        pause = min(pause * 1.5, 5.0)
    raise DeployError(
        f"the pod did not start within {START_SECONDS:g} s: {last or 'it was not said why'}",
        hint="take a smaller --type, or name a pool of nodes: [kubernetes.machine] node_selector",
    )


def _check_job(job: Any) -> None:
    if job is None:
        raise DeployError("the Job was deleted before its pod ran")
    failed = _condition(job, "Failed")
    if failed is not None:
        said = ": ".join(failed[key] for key in ("reason", "message") if failed.get(key))
        raise DeployError(f"the Job failed before its pod ran: {said}")


def _is_started(pod: Any) -> bool:
    status = pod.get("status", {})
    if status.get("phase") == "Failed":
        raise DeployError(f"the pod ended before it ran: {_ending(status)}")
    _check_containers(status)
    return status.get("phase") in ("Running", "Succeeded")


def _check_containers(status: Any) -> None:
    for kind in ("initContainerStatuses", "containerStatuses"):
        for container in status.get(kind, ()):
            waiting = container.get("state", {}).get("waiting", {})
            if waiting.get("reason") in _HOPELESS:
                said = waiting.get("message") or waiting["reason"]
                raise DeployError(
                    f"the container {container['name']} cannot start: {said}",
                    hint="check [kubernetes.machine] image in emel.toml, and that nodes may pull it",
                )


def _waits_for(pod: Any) -> str:
    conditions = pod.get("status", {}).get("conditions", ())
    unplaced = [one for one in conditions if one["type"] == "PodScheduled" and one["status"] == "False"]
    return f"no node takes the pod yet: {unplaced[0].get('message', '')}" if unplaced else ""


def _ending(status: Any) -> str:
    if status.get("message") or status.get("reason"):
        return str(status.get("message") or status["reason"])
    for kind in ("initContainerStatuses", "containerStatuses"):
        for container in status.get(kind, ()):
            ended = container.get("state", {}).get("terminated")
            if ended and ended.get("exitCode"):
                return f"the container {container['name']} exited with {ended['exitCode']}"
    return "it was not said why"


def _condition(job: Any, kind: str) -> Any:
    conditions = job.get("status", {}).get("conditions", ())
    return next((one for one in conditions if one["type"] == kind and one["status"] == "True"), None)
