"""Making machines of a cluster: what the pod is, who sees its token, and why it does not start."""

from __future__ import annotations

import base64
import json

import pytest
from msgspec.structs import replace
from tests.fakes.compute import SAYS
from tests.fakes.kubernetes import FakeCluster, Fault, StandInKubectl, kubernetes_compute, node

from emel.clouds.kubernetes.compute import KubernetesCompute
from emel.errors import DeployError
from emel.records import KubernetesMachines, Machine, MachineBoot, MachineShape

NAME, SECRET = "emel-7-1", "glrt-t3_abcDEF.01-_0123456789"
BOOT = MachineBoot(script="read -r token", user_data="", max_lifetime=5400.4)
SHAPE = MachineShape(cloud="kubernetes", platform="job", cpus=4, memory=16, disk=30)
T4 = {"nvidia.com/gpu.product": "Tesla-T4"}
RIGHTS = {
    *("create jobs", "get jobs", "list jobs", "delete jobs", "list pods", "get pods/log"),
    *("create secrets", "delete secrets"),
}
"""Those of the role in docs/guides/cloud-training.md."""


def create(compute: KubernetesCompute, shape: MachineShape = SHAPE, secret: str = SECRET) -> Machine:
    return compute.create(NAME, shape, BOOT, secret, {"emel-project": "7"})


def pod_of(cluster: FakeCluster) -> dict[str, object]:
    pod: dict[str, object] = cluster.world.jobs[NAME]["spec"]["template"]["spec"]
    return pod


def test_the_cluster_ends_the_job_at_its_limit_and_never_starts_it_twice(cluster: FakeCluster) -> None:
    create(kubernetes_compute(cluster))
    spec = cluster.world.jobs[NAME]["spec"]
    assert (spec["activeDeadlineSeconds"], spec["backoffLimit"]) == (5400, 0)
    assert (spec["podReplacementPolicy"], spec["ttlSecondsAfterFinished"]) == ("Failed", 3600)
    assert pod_of(cluster)["restartPolicy"] == "Never"


def test_the_pod_has_its_size_no_more_and_no_less(cluster: FakeCluster) -> None:
    create(kubernetes_compute(cluster))
    [container] = pod_of(cluster)["containers"]
    size = {"cpu": "4", "memory": "16Gi", "ephemeral-storage": "30Gi"}
    assert container["resources"] == {"requests": size, "limits": size}


def test_the_pod_is_nobody_in_the_cluster_and_no_superuser(cluster: FakeCluster) -> None:
    create(kubernetes_compute(cluster))
    pod = pod_of(cluster)
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    for container in [*pod["initContainers"], *pod["containers"]]:
        context = container["securityContext"]
        assert context == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def test_what_is_configured_is_in_the_pod(cluster: FakeCluster) -> None:
    settings = KubernetesMachines(
        service_account="trainer", node_selector={"pool": "train"}, image="registry.example.com/train:1"
    )
    create(kubernetes_compute(cluster, settings))
    pod = pod_of(cluster)
    assert (pod["serviceAccountName"], pod["automountServiceAccountToken"]) == ("trainer", True)
    assert pod["nodeSelector"] == {"pool": "train"}
    assert [one["image"] for one in pod["containers"]] == ["registry.example.com/train:1"]


def test_a_card_is_asked_for_by_resource_and_by_the_label_of_its_nodes(cluster: FakeCluster) -> None:
    a = {"topology.kubernetes.io/zone": "a"}
    cluster.world.nodes = [node(labels=a), node(gpus=1, labels=T4 | a), node(gpus=1, labels=T4)]
    create(kubernetes_compute(cluster), replace(SHAPE, gpu="t4", gpus=1, zones=("a", "b")))
    pod = pod_of(cluster)
    [container] = pod["containers"]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert [one["key"] for one in pod["tolerations"]] == ["nvidia.com/gpu"]
    required = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    [term] = required["nodeSelectorTerms"]
    assert {one["key"]: one["values"] for one in term["matchExpressions"]} == {
        "topology.kubernetes.io/zone": ["a", "b"],
        "nvidia.com/gpu.product": ["Tesla-T4"],
    }


def test_the_token_is_in_the_secret_alone_which_goes_with_the_job(cluster: FakeCluster) -> None:
    kubectl = StandInKubectl(cluster)
    create(kubernetes_compute(cluster, process=kubectl))
    secret = cluster.world.secrets[NAME]
    assert base64.b64decode(secret["data"]["token"]).decode() == f"{SECRET}\n"
    assert [one["uid"] for one in secret["metadata"]["ownerReferences"]] == [
        cluster.world.jobs[NAME]["metadata"]["uid"]
    ]
    others = json.dumps([cluster.world.jobs, cluster.world.pods])
    encoded = base64.b64encode(SECRET.encode()).decode()[:20]
    for text in (others, str(kubectl.commands)):
        assert SECRET not in text and encoded not in text
    for container in pod_of(cluster)["containers"]:
        assert "secret" not in [mount["name"] for mount in container["volumeMounts"]]


def test_a_token_that_was_taken_is_not_put_there_again(cluster: FakeCluster) -> None:
    compute = kubernetes_compute(cluster)
    create(compute)
    compute.forget_secret(NAME)
    create(compute)
    assert cluster.world.secrets == {}


def test_the_role_of_the_guide_is_enough(cluster: FakeCluster) -> None:
    cluster.rights = RIGHTS
    compute = kubernetes_compute(cluster)
    create(compute)
    assert SAYS in compute.boot_log(NAME)
    assert len(compute.machines()) == 1
    compute.forget_secret(NAME)
    compute.delete(NAME)
    assert compute.find(NAME) is None


@pytest.mark.parametrize("right", ["get jobs", "create jobs", "list pods", "create secrets"])
def test_a_missing_right_is_named(cluster: FakeCluster, right: str) -> None:
    cluster.rights = RIGHTS - {right}
    with pytest.raises(DeployError, match=f"may not do this: .*cannot {right}") as problem:
        create(kubernetes_compute(cluster))
    assert "docs/guides/cloud-training.md" in str(problem.value.hint)


def test_a_pod_that_waits_for_a_node_is_waited_for_and_told_of_once(cluster: FakeCluster) -> None:
    told: list[str] = []
    cluster.world.pending = pending(conditions=[UNPLACED])

    def tell(text: str) -> None:
        told.append(text)
        if text.startswith("no node"):
            cluster.world.pending = None
            for pod in cluster.world.pods.values():
                pod["status"] = {"phase": "Pending"}

    assert create(kubernetes_compute(cluster, tell=tell)).state == "running"
    assert told == ["no node takes the pod yet: 0/3 nodes are available: 3 Insufficient cpu."]


UNPLACED = {
    "type": "PodScheduled",
    "status": "False",
    "reason": "Unschedulable",
    "message": "0/3 nodes are available: 3 Insufficient cpu.",
}


def pending(**status: object) -> dict[str, object]:
    return {"phase": "Pending", **status}


def waiting(reason: str, message: str) -> dict[str, object]:
    return {"name": "runner", "state": {"waiting": {"reason": reason, "message": message}}}


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (pending(conditions=[UNPLACED]), "did not start within 900 s: no node takes the pod yet: 0/3 nodes"),
        (
            pending(containerStatuses=[waiting("ImagePullBackOff", 'Back-off pulling image "trian:1"')]),
            'the container runner cannot start: Back-off pulling image "trian:1"',
        ),
        ({"phase": "Failed", "reason": "Evicted"}, "the pod ended before it ran: Evicted"),
        (
            {
                "phase": "Failed",
                "initContainerStatuses": [{"name": "prepare", "state": {"terminated": {"exitCode": 1}}}],
            },
            "the pod ended before it ran: the container prepare exited with 1",
        ),
    ],
)
def test_a_pod_that_does_not_start_says_why(
    cluster: FakeCluster, status: dict[str, object], message: str
) -> None:
    cluster.world.pending = status
    with pytest.raises(DeployError) as problem:
        create(kubernetes_compute(cluster))
    assert message in str(problem.value)
    kubernetes_compute(cluster).delete(NAME)
    assert (cluster.world.jobs, cluster.world.pods, cluster.world.secrets) == ({}, {}, {})


def test_a_job_that_fails_before_its_pod_runs_says_why(cluster: FakeCluster) -> None:
    def tell(_: str) -> None:
        cluster.world.end(NAME, "Failed", "DeadlineExceeded", "Job was active longer than specified deadline")

    cluster.world.pending = pending(conditions=[UNPLACED])
    with pytest.raises(DeployError, match="failed before its pod ran: DeadlineExceeded: Job was active"):
        create(kubernetes_compute(cluster, tell=tell))


def test_a_field_that_the_cluster_does_not_know_is_told(cluster: FakeCluster) -> None:
    shape = replace(SHAPE, disk=-1)
    with pytest.raises(DeployError, match="ephemeral-storage"):
        create(kubernetes_compute(cluster), shape)


def test_a_job_that_someone_else_made_is_neither_taken_nor_deleted(cluster: FakeCluster) -> None:
    cluster.world.add("jobs", {"metadata": {"name": NAME, "labels": {}}, "status": {"conditions": [1]}})
    compute = kubernetes_compute(cluster)
    assert (compute.find(NAME), compute.machines()) == (None, [])
    with pytest.raises(DeployError, match=f"a Job {NAME} that emel did not make"):
        create(compute)
    compute.delete(NAME)
    assert NAME in cluster.world.jobs


def test_a_job_of_another_launch_is_returned_and_gets_no_token_of_ours(cluster: FakeCluster) -> None:
    compute = kubernetes_compute(cluster)
    cluster.faults.append(Fault("create", "secrets", 403, "Forbidden"))
    with pytest.raises(DeployError, match="may not do this"):
        create(compute)
    other = compute.create(NAME, SHAPE, BOOT, "glrt-other", {"emel-project": "7", "emel-runner": "2"})
    assert (other.state, cluster.world.secrets) == ("starting", {})
    assert create(compute).id == other.id
    assert list(cluster.world.secrets) == [NAME]


def test_a_name_that_is_being_deleted_is_waited_for(cluster: FakeCluster) -> None:
    compute = kubernetes_compute(cluster)
    first = create(compute)
    cluster.world.jobs[NAME]["metadata"]["deletionTimestamp"] = "2026-11-22T13:00:00Z"
    assert compute.find(NAME).state == "stopping"
    assert create(compute).id != first.id


def test_a_machine_that_has_ended_is_stopped_and_its_log_can_be_read(cluster: FakeCluster) -> None:
    compute = kubernetes_compute(cluster)
    create(compute)
    cluster.world.end(NAME)
    assert [machine.state for machine in compute.machines()] == ["stopped"]
    assert SAYS in compute.boot_log(NAME)
    # It stays as it is, and gets no other token.
    assert create(compute).state == "stopped"


def test_a_pod_that_waits_has_an_empty_log(cluster: FakeCluster) -> None:
    cluster.world.pending = pending(conditions=[UNPLACED])
    compute = kubernetes_compute(cluster)
    with pytest.raises(DeployError):
        create(compute)
    assert compute.boot_log(NAME) == ""


def test_a_cluster_that_is_away_for_a_while_is_waited_for(cluster: FakeCluster) -> None:
    told: list[str] = []
    cluster.faults += [
        Fault("get", "jobs", 503, "ServiceUnavailable", times=2),
        Fault("create", "jobs", 504, "Timeout", after=True),
        Fault("create", "secrets", 500, "InternalError", after=True),
    ]
    create(kubernetes_compute(cluster, tell=told.append))
    assert told == [f"the cluster does not answer, trying again in {pause} s" for pause in (1, 2, 1, 1)]
    assert (len(cluster.world.jobs), len(cluster.world.pods), len(cluster.world.secrets)) == (1, 1, 1)


def test_a_cluster_that_stays_away_is_an_error_that_says_so(cluster: FakeCluster) -> None:
    compute = kubernetes_compute(cluster, KubernetesMachines(context="elsewhere", namespace="training"))
    with pytest.raises(DeployError, match="does not answer: The connection to the server"):
        compute.find(NAME)
