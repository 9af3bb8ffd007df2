"""A cluster as the contract suite of machines sees it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fakes.compute import ComputeCase
from tests.fakes.kubernetes.kubectl import StandInKubectl, kubernetes_compute
from tests.fakes.kubernetes.server import FakeCluster


@contextmanager
def kubernetes_case(_: Path) -> Iterator[ComputeCase]:
    cluster = FakeCluster()
    kubectl = StandInKubectl(cluster)
    world = cluster.world

    def visible(name: str) -> str:
        # All but the Secret: command lines of kubectl, what others see of Job and pod, logs.
        return f"{kubectl.commands} {json.dumps([world.jobs, world.pods, world.consoles])}"

    yield ComputeCase(
        kubernetes_compute(cluster, process=kubectl),
        end=world.end,
        visible=visible,
        holds_secret=lambda name: name in world.secrets,
    )
