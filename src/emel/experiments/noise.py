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
from emel.gitrepo import GitRepo
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
            where=f"{FILE} ({revision.title})",
            hint="measure it again: emel run --repeat 5",
        ) from problem
    runs = max((len(metric.values) for metric in noise.metrics.values()), default=0)
    current = lock is not None and _digest(lock) == noise.lock
    return NoiseSource(revision=revision.title, runs=runs, current=current), noise


def over_time(dvc: Dvc, process: Process, commits: Sequence[str], tip: str) -> dict[str, Noise]:
    """See Pipeline.noise_over_time."""
    repo = GitRepo.discover(dvc.root, process)
    below = dvc.root.resolve().relative_to(repo.root.resolve())
    chosen = list(dict.fromkeys([*commits, tip]))
    found = repo.read_all([(one, (below / name).as_posix()) for one in chosen for name in (FILE, LOCK)])
    measured = dict(zip(chosen, map(_parsed, found[::2]), strict=True))
    # Who measures noise often commits it later than the results.
    by_lock = {noise.lock: noise for noise in measured.values() if noise}
    locks = dict(zip(chosen, found[1::2], strict=True))

    def of(commit: str) -> Noise | None:
        lock = locks[commit]
        own = by_lock.get(_digest(lock)) if lock is not None else None
        return own or measured[commit]

    return {commit: noise for commit in commits if (noise := of(commit))}


def _parsed(data: bytes | None) -> Noise | None:
    """What the file says; None for a file that was not there or was broken: the past need not be perfect."""
    try:
        return None if data is None else from_json(data, Noise)
    except msgspec.MsgspecError:
        return None


def _digest(lock: bytes) -> str:
    return f"sha256:{hashlib.sha256(lock).hexdigest()}"
