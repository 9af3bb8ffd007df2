"""A Kubernetes cluster in memory: what emel uses of the API server, with controllers that take their time.

It checks tokens, rights, names and every field of what it is given, makes pods of Jobs, starts them when
their Secret is there, collects what belongs to a deleted Job, and fails on demand. It does not run
containers and has no scheduler: what a real cluster would refuse for other reasons, it takes.
"""

from tests.fakes.kubernetes.kubectl import Killed, Killer, StandInKubectl, kubernetes_compute
from tests.fakes.kubernetes.server import FakeCluster, Fault
from tests.fakes.kubernetes.serving import ClusterServer
from tests.fakes.kubernetes.world import NAMESPACE, node

__all__ = [
    "NAMESPACE",
    "ClusterServer",
    "FakeCluster",
    "Fault",
    "Killed",
    "Killer",
    "StandInKubectl",
    "kubernetes_compute",
    "node",
]
