"""The real kubectl against a cluster on loopback, and the stand-in of other tests against the real one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.compute import BOOT, SAYS
from tests.fakes.kubernetes import ClusterServer, FakeCluster, Fault, StandInKubectl, kubernetes_compute

from emel.clouds.kubernetes.kubectl import Kubectl
from emel.errors import DeployError
from emel.records import KubernetesMachines, MachineWanted
from emel.system.clock import SystemClock
from emel.system.process import Completed, SystemProcess

pytestmark = pytest.mark.slow

SECRET = b'{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "one"}}'
STRICT = "/api/v1/namespaces/training/secrets?fieldValidation=Strict"
CALLS: list[tuple[list[str], bytes | None]] = [
    (["config", "view", "--minify", "--output", "jsonpath={..namespace}"], None),
    (["create", "--raw", STRICT, "--filename", "-"], SECRET),
    (["create", "--raw", STRICT, "--filename", "-"], SECRET),
    (["create", "--raw", STRICT, "--filename", "-"], SECRET.replace(b'"one"', b'"One"')),
    (["get", "--raw", "/api/v1/namespaces/training/secrets/one"], None),
    (["get", "--raw", "/api/v1/namespaces/training/pods?labelSelector=emel%3Drunner&limit=500"], None),
    (["get", "--raw", "/api/v1/nodes"], None),
    (["delete", "--raw", "/api/v1/namespaces/training/secrets/one"], None),
    (["delete", "--raw", "/api/v1/namespaces/training/secrets/one"], None),
]


class RealKubectl:
    """kubectl with a kubeconfig of its own, away from that of whoever runs the tests."""

    def __init__(self, folder: Path, kubeconfig: Path) -> None:
        self._env = {"KUBECONFIG": str(kubeconfig), "HOME": str(folder)}

    def run(self, command: Sequence[str | Path], **options: Any) -> Completed:
        return SystemProcess().run(command, **{**options, "env": self._env})


@pytest.fixture
def server(cluster: FakeCluster, tmp_path: Path) -> Iterator[ClusterServer]:
    made = ClusterServer(cluster, tmp_path)
    yield made
    made.close()


@pytest.fixture
def kubectl(server: ClusterServer, tmp_path: Path) -> RealKubectl:
    return RealKubectl(tmp_path, server.kubeconfig())


def test_the_stand_in_says_what_kubectl_says(kubectl: RealKubectl) -> None:
    stand_in = StandInKubectl(FakeCluster())
    for words, stdin in CALLS:
        raw = words[0] != "config"
        command = ["kubectl", *words, *(["--request-timeout=30s"] if raw else [])]
        said = kubectl.run(command, stdin=stdin)
        expected = stand_in.run(command, stdin=stdin)
        assert (said.returncode, said.stdout, said.stderr) == expected[:3], command


def test_the_stand_in_fails_as_kubectl_does(cluster: FakeCluster, kubectl: RealKubectl) -> None:
    other = FakeCluster()
    command = ["kubectl", "get", "--raw", "/api/v1/nodes", "--request-timeout=30s"]
    for status, reason in ((403, "Forbidden"), (500, "InternalError"), (503, "ServiceUnavailable")):
        for each in (cluster, other):
            each.faults.append(Fault("list", "nodes", status, reason))
        said, expected = kubectl.run(command), StandInKubectl(other).run(command)
        assert (said.returncode, said.stdout, said.stderr) == expected[:3], reason


def test_a_machine_lives_and_goes_through_kubectl(cluster: FakeCluster, kubectl: RealKubectl) -> None:
    compute = kubernetes_compute(cluster, process=kubectl)
    machine = compute.create("emel-7-1", compute.shape(MachineWanted()), BOOT, "glrt-1", {})
    assert (machine.name, machine.state) == ("emel-7-1", "running")
    assert SAYS in compute.boot_log("emel-7-1")
    compute.forget_secret("emel-7-1")
    assert cluster.world.secrets == {}
    compute.delete("emel-7-1")
    assert compute.machines() == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (KubernetesMachines(context="nowhere"), "kubectl knows no cluster: cannot locate context nowhere"),
        (KubernetesMachines(context="nowhere", namespace="x"), 'context "nowhere" does not exist'),
        (
            KubernetesMachines(context="elsewhere"),
            "the cluster does not answer: The connection to the server",
        ),
    ],
)
def test_a_cluster_that_is_not_there_is_told(
    cluster: FakeCluster, kubectl: RealKubectl, settings: KubernetesMachines, message: str
) -> None:
    compute = kubernetes_compute(cluster, settings, process=kubectl)
    with pytest.raises(DeployError) as problem:
        compute.find("emel-7-1")
    assert message in str(problem.value)


def test_a_sign_in_that_is_not_accepted_is_told(
    cluster: FakeCluster, server: ClusterServer, tmp_path: Path
) -> None:
    kubectl = RealKubectl(tmp_path, server.kubeconfig(token="old"))
    compute = kubernetes_compute(cluster, process=kubectl)
    with pytest.raises(DeployError, match="the sign-in was not accepted: ") as problem:
        compute.find("emel-7-1")
    assert problem.value.hint == "sign in again; check it with: kubectl auth whoami"


def test_a_machine_without_kubectl_is_told_where_to_get_it(tmp_path: Path) -> None:
    class Nothing(RealKubectl):
        def run(self, *_: object, **__: object) -> Completed:
            raise FileNotFoundError

    nothing = Kubectl(Nothing(tmp_path, tmp_path), KubernetesMachines(), SystemClock(), print)
    with pytest.raises(DeployError, match="kubectl is not installed") as problem:
        nothing.get("/version")
    assert "https://kubernetes.io/docs/tasks/tools/" in str(problem.value.hint)
