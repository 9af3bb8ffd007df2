"""What repeated runs gave: a file beside dvc.lock that is to be committed with it.

So it is known at every commit, without a checkout, and wherever the repository is cloned.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from emel.errors import PipelineError, ResultsError
from emel.experiments.dvc import Dvc
from emel.experiments.recording import LOCK
from emel.experiments.tree import Tree
from emel.records import MetricNoise, Noise, NoiseSource, Revision, from_json, to_json
from emel.system.files import write_atomic
from emel.system.process import Process

FILE = "emel.noise.json"


def write(dvc: Dvc, seeds: Mapping[str, Sequence[int]], metrics: dict[str, MetricNoise]) -> Noise:
    """See Pipeline.record_noise."""
    lock = dvc.root / LOCK
    if not lock.is_file():
        raise PipelineError(
            f"there is no {LOCK}, so nothing is known of what was repeated", where=str(dvc.root)
        )
    noise = Noise(
        lock=_digest(lock.read_bytes()),
        seeds={name: tuple(values) for name, values in seeds.items()},
        metrics=metrics,
    )
    write_atomic(dvc.root / FILE, msgspec.json.format(to_json(noise)) + b"\n")
    return noise


def read(dvc: Dvc, process: Process, revision: Revision) -> tuple[NoiseSource, Noise] | None:
    """See Pipeline.noise."""
    data, lock = Tree(dvc.root, process, revision).read([FILE, LOCK])
    if data is None:
        return None
    try:
        noise = from_json(data, Noise)
    except msgspec.MsgspecError as problem:
        raise ResultsError(
            f"the noise of repeated runs cannot be read: {problem}",
            where=f"{FILE} ({revision.label})",
            hint="measure it again: emel run --repeat 5",
        ) from problem
    runs = max((len(metric.values) for metric in noise.metrics.values()), default=0)
    current = lock is not None and _digest(lock) == noise.lock
    return NoiseSource(revision=revision.label, runs=runs, current=current), noise


def _digest(lock: bytes) -> str:
    return f"sha256:{hashlib.sha256(lock).hexdigest()}"
