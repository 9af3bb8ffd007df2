"""What a cluster lacks for a pod is said before anything is made."""

from __future__ import annotations

import pytest
from tests.fakes.kubernetes import FakeCluster, kubernetes_compute, node

from emel.clouds.kubernetes.nodes import quantity
from emel.errors import DeployError
from emel.records import KubernetesMachines, MachineShape, MachineWanted

T4 = {"nvidia.com/gpu.product": "Tesla-T4"}
POOL = KubernetesMachines(node_selector={"pool": "train"})


def shape(
    cluster: FakeCluster, wanted: MachineWanted, settings: KubernetesMachines | None = None
) -> MachineShape:
    return kubernetes_compute(cluster, settings).shape(wanted)


def test_a_pod_has_just_the_size_that_is_wanted(cluster: FakeCluster) -> None:
    assert shape(cluster, MachineWanted(cpus=3, memory=10, disk=40)) == MachineShape(
        cloud="kubernetes", platform="job", cpus=3, memory=10, disk=40
    )
    assert cluster.calls == ["list nodes"]


@pytest.mark.parametrize(
    ("wanted", "message", "hint"),
    [
        (
            MachineWanted(cpus=8, memory=8),
            "no node has 8 processors, 8 GB of memory, 30 GB of disk; the largest has 7.91 processors, 29 GB",
            "--type 7cpu29gb --disk 30 at most",
        ),
        (MachineWanted(memory=64), "64 GB of memory", "7cpu29gb"),
        (MachineWanted(disk=200), "200 GB of disk", "--disk 90"),
        (
            MachineWanted(gpu="t4", gpus=1),
            "no node offers nvidia.com/gpu, so none has the card 't4'",
            "--gpu",
        ),
        (
            MachineWanted(native="m7i.xlarge"),
            "not types such as m7i.xlarge",
            "node.kubernetes.io/instance-type",
        ),
        (MachineWanted(spot=True), "a property of its pool", "[kubernetes.machine] node_selector"),
        (MachineWanted(zones=("b", "c")), "no node takes pods in b, c", "kubectl get nodes"),
    ],
)
def test_what_is_lacking_is_said_with_the_nearest(
    cluster: FakeCluster, wanted: MachineWanted, message: str, hint: str
) -> None:
    with pytest.raises(DeployError) as problem:
        shape(cluster, wanted)
    assert message in str(problem.value)
    assert hint in str(problem.value.hint)
    assert cluster.world.jobs == {}


@pytest.mark.parametrize("useless", [node(ready=False), node(unschedulable=True)])
def test_a_node_that_takes_no_pods_does_not_count(cluster: FakeCluster, useless: dict[str, object]) -> None:
    cluster.world.nodes = [useless]
    with pytest.raises(DeployError, match="no node takes pods"):
        shape(cluster, MachineWanted())


def test_a_card_is_found_by_a_word_of_what_nodes_say_of_theirs(cluster: FakeCluster) -> None:
    cluster.world.nodes = [node(), node(gpus=2, labels=T4)]
    found = shape(cluster, MachineWanted(gpu="t4", gpus=2))
    assert (found.gpu, found.gpus) == ("t4", 2)
    with pytest.raises(DeployError, match="no node has the card 'a100'; there are: Tesla-T4"):
        shape(cluster, MachineWanted(gpu="a100", gpus=1))
    with pytest.raises(DeployError, match=r"30 GB of disk, 4 × t4; the largest has .* 2 × Tesla-T4"):
        shape(cluster, MachineWanted(gpu="t4", gpus=4))


def test_a_card_of_which_no_node_tells_is_believed_with_a_word(cluster: FakeCluster) -> None:
    told: list[str] = []
    cluster.world.nodes = [node(gpus=1)]
    compute = kubernetes_compute(cluster, tell=told.append)
    assert compute.shape(MachineWanted(gpu="t4", gpus=1)).gpus == 1
    assert told == ["no node says which card it has: whether it is a t4 will show"]


def test_a_named_pool_that_has_no_node_now_may_grow(cluster: FakeCluster) -> None:
    told: list[str] = []
    compute = kubernetes_compute(cluster, POOL, tell=told.append)
    assert compute.shape(MachineWanted(cpus=64, memory=512)).cpus == 64
    assert told == ["the pool has no node now: one is waited for"]


def test_only_nodes_of_the_named_pool_count(cluster: FakeCluster) -> None:
    cluster.world.nodes = [node(), node("1930m", "7Gi", labels={"pool": "train"})]
    with pytest.raises(DeployError, match=r"the largest has 1\.93 processors"):
        shape(cluster, MachineWanted(cpus=4), POOL)


def test_whoever_may_not_see_nodes_is_told_and_may_go_on(cluster: FakeCluster) -> None:
    told: list[str] = []
    cluster.rights = {"create jobs"}
    compute = kubernetes_compute(cluster, tell=told.append)
    assert compute.shape(MachineWanted(cpus=64)).cpus == 64
    assert told == ["whoever launches may not see nodes: whether one is large enough will show"]


def test_all_pages_of_the_nodes_are_read(cluster: FakeCluster) -> None:
    cluster.page = 2
    cluster.world.nodes = [node("1")] * 5 + [node("16", "64Gi")]
    assert shape(cluster, MachineWanted(cpus=16)).cpus == 16
    assert cluster.calls == ["list nodes"] * 3


@pytest.mark.parametrize(
    ("text", "number"),
    [("4", 4), ("3920m", 3.92), ("16Gi", 2**34), ("15842284Ki", 15842284 * 1024), ("1e3", 1000), ("5G", 5e9)],
)
def test_quantities_are_read_as_kubernetes_writes_them(text: str, number: float) -> None:
    assert quantity(text) == pytest.approx(number)
