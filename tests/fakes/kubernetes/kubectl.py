"""A stand-in for kubectl: what emel asks of it, in this process, for a test that makes many calls.

`tests/unit/clouds/kubernetes/test_kubectl.py` holds it against the real one. It knows `--raw` alone, and
refuses whatever else it is given.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from tests.fakes.clocks import HastyClock
from tests.fakes.kubernetes.server import TOKEN, FakeCluster
from tests.fakes.kubernetes.world import NAMESPACE

from emel.clouds.base import Outside
from emel.clouds.kubernetes.compute import KubernetesCompute, open_compute
from emel.records import KubernetesMachines
from emel.system.clock import Clock
from emel.system.process import Completed, Process

METHODS = {"get": "GET", "create": "POST", "delete": "DELETE"}


class StandInKubectl:
    """A Process that knows one program."""

    def __init__(self, cluster: FakeCluster) -> None:
        self._cluster = cluster
        self.commands: list[Sequence[str | Path]] = []

    def run(self, command: Sequence[str | Path], *, stdin: bytes | None = None, **_: object) -> Completed:
        self.commands.append(command)
        words = [str(word) for word in command]
        if words[1:3] == ["--context", "elsewhere"]:
            return Completed(
                1, "", "The connection to the server 127.0.0.1:1 was refused - did you specify …\n"
            )
        if words[1:2] == ["--context"]:
            del words[1:3]
        if words[1:] == ["config", "view", "--minify", "--output", "jsonpath={..namespace}"]:
            return Completed(0, NAMESPACE, "")
        program, verb, raw, path, *rest = words
        assert (program, raw, rest[-1]) == ("kubectl", "--raw", "--request-timeout=30s"), words
        assert rest[:-1] == (["--filename", "-"] if verb == "create" else []), words
        status, data = self._cluster.answer(METHODS[verb], path, f"Bearer {TOKEN}", stdin or b"")
        if status < 400:
            return Completed(0, data.decode(), "", data)
        said = json.loads(data)
        return Completed(1, "", f"Error from server ({said['reason']}): {said['message']}\n")


class Killed(BaseException):
    """The process is gone. Nothing of emel catches it."""


class Killer:
    """A Process that ends with its call of this number, from 1, before or after the call."""

    def __init__(self, process: Process, number: int, when: Literal["before", "after"]) -> None:
        self._process = process
        self._rest = number
        self._when = when

    def run(self, command: Sequence[str | Path], **options: Any) -> Completed:
        self._rest -= 1
        if self._rest == 0 and self._when == "before":
            raise Killed
        said = self._process.run(command, **options)
        if self._rest == 0:
            raise Killed
        return said


def kubernetes_compute(
    cluster: FakeCluster,
    settings: KubernetesMachines | None = None,
    *,
    process: Process | None = None,
    clock: Clock | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> KubernetesCompute:
    """The machines of the fake cluster, with waits that take no time."""
    outside = Outside(
        process=process or StandInKubectl(cluster),
        clock=clock or HastyClock(),
        kubernetes_machines=settings or KubernetesMachines(),
        tell=tell,
    )
    return open_compute(Path(), outside)
