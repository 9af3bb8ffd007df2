"""Which tier a model ships in: each is made, proved and measured, until one may go."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from emel import bundle, models
from emel.bundle.choice import TIERS, choose, may_pay
from emel.errors import BundleError, MissingExtraError, ParityError, UnsupportedModelError
from emel.models.looks import look
from emel.records import Artifact, BuiltZip, ColdStart, Parity, Tier, Trial
from emel.workflows.project import Progress, Project
from emel_runtime.contract import MOUNT

TOLERANCES: dict[Tier, float] = {"pure": 1e-6, "onnx": 1e-4, "python": 1e-6}
ROUNDS: dict[Tier, int] = {"pure": 7, "onnx": 5, "python": 3}
"""The longer a tier takes to start, the fewer rounds show how long."""
REFUSALS = (UnsupportedModelError, ParityError, BundleError, MissingExtraError)
"""What keeps a tier from shipping, and lets the next be tried."""
GRAPHS = ("onnx", "torch")
"""Kinds of model files that the onnx tier alone takes."""
ADVICE: dict[Tier, str] = {
    "pure": "report this, with the model's class and version: it is a fault of emel's lowering",
    "onnx": 'take tier = "pure" or "python": float32 is not enough for this model',
    "python": "pin the versions that made the model, in a file that `requirements` under [model] names",
}


class Source(NamedTuple):
    """What a bundle is made from, and where it goes."""

    model: Path
    sample: Path
    version: str
    commit: str | None
    output: Path
    trusted: bool
    """Whether loading these files may run code that they hold."""
    metrics: Mapping[str, float] = {}
    """Of the commit, for the manifest."""
    ceilings: Sequence[bundle.Ceiling] = tuple(bundle.CEILINGS.values())
    """Of the clouds of which one at least must take the function."""


class Settled(NamedTuple):
    """A tier that may ship, with why it is this one."""

    artifact: Artifact
    built: BuiltZip
    parity: Parity
    cold_start: ColdStart
    reason: str
    trials: tuple[Trial, ...]


def settle(project: Project, source: Source, workdir: Path, progress: Progress) -> Settled:
    """Make the tier that the project asks for; with `auto`, the first that passes parity, or a later one
    where that pays.

    Errors: ModelError, SampleError; UnsupportedModelError, BundleError, ParityError when the tier that was
    asked for, or all of them, are refused.
    """
    settings, calls = project.config.model, project.config.function.calls_per_instance
    attempt = _Attempt(project, source, workdir, progress)
    tiers = _tiers(project, source)
    if len(tiers) == 1:
        made = attempt(tiers[0])
        asked = "asked for; " if settings.tier != "auto" else ""
        return made._replace(reason=asked + made.artifact.reason, trials=(_trial(made),))
    able: dict[Tier, Settled] = {}
    trials: list[Trial] = []
    for tier in tiers:
        first = next(iter(able.values()), None)
        if first and (
            tier == "python" or not may_pay(first.cold_start, max_latency=settings.max_latency, calls=calls)
        ):
            break
        try:
            able[tier] = attempt(tier)
            trials.append(_trial(able[tier]))
        except REFUSALS as problem:
            trials.append(Trial(tier=tier, refused=problem.message))
    refused = [f"{trial.tier} may not: {trial.refused}" for trial in trials if trial.refused]
    if not able:
        raise UnsupportedModelError(
            f"no tier can take this model; {'; '.join(refused)}",
            where=str(source.model),
            hint="write a Predictor that answers rows, and name its file as `predictor` under [model]",
        )
    best, why = choose(trials, max_latency=settings.max_latency, calls=calls)
    chosen = able[best.tier]
    words = [chosen.artifact.reason, *([why] if why else []), *refused]
    return chosen._replace(reason="; ".join(words), trials=tuple(trials))


def _tiers(project: Project, source: Source) -> tuple[Tier, ...]:
    """Those to try, in order."""
    settings = project.config.model
    if settings.predictor:
        return ("python",)
    if settings.tier != "auto":
        return (settings.tier,)
    return ("onnx",) if look(source.model).kind in GRAPHS else TIERS


class _Attempt:
    """Makes one tier, proves it and measures it."""

    def __init__(self, project: Project, source: Source, workdir: Path, progress: Progress) -> None:
        self._project = project
        self._settings = project.config.model
        self._process = project.system.process
        self._source = source
        self._workdir = workdir
        self._progress = progress

    def __call__(self, tier: Tier) -> Settled:
        """Errors: those of `settle`, for this tier."""
        tell, process, tolerance = self._progress.step, self._process, self._settings.tolerance
        tell(f"tier {tier}: making the model ready, and asking the original for its answers")
        artifact = self._prepare(tier)
        target = self._project.config.function.python or bundle.OWN
        built = self._fitting(artifact, target)
        program = bundle.interpreters(process, (target,)).get(target)
        python, proved = target if program else bundle.OWN, built
        if not program and tier != "pure":
            tell(f"tier {tier}: building it for Python {python} too, as no {target} is at hand to try it")
            proved = self._build(artifact, python, self._mount(artifact) if built.mounted else None)
        tell(f"tier {tier}: parity, the same rows through the bundle")
        parity = bundle.check_parity(
            proved.path,
            artifact.answers,
            tolerance=TOLERANCES[tier] if tolerance is None else tolerance,
            process=process,
            python=python,
            program=program or sys.executable,
            storage=_storage_of(built),
        )
        _refuse_mismatch(parity, artifact)
        built = bundle.attest(built, parity)
        tell(f"tier {tier}: measuring the cold start")
        cold_start = bundle.measure_cold_start(
            proved.path,
            artifact.answers,
            process=process,
            rounds=ROUNDS[tier],
            program=program or sys.executable,
            storage=_storage_of(built),
        )
        return Settled(artifact, built, parity, cold_start, artifact.reason, ())

    def _fitting(self, artifact: Artifact, python: str) -> BuiltZip:
        """The zip, with the model in it where a cloud that is asked takes that, else beside it.

        Errors: also BundleError where no cloud that is asked takes either.
        """
        tell, ceilings = self._progress.step, self._source.ceilings
        tell(f"tier {artifact.tier}: building the zip")
        built = self._build(artifact, python)
        fits = len(bundle.too_large_for(built.path, ceilings)) < len(ceilings)
        if not fits and any(one.mounts for one in ceilings):
            tell(f"tier {artifact.tier}: building it without the model, which makes it too large")
            beside = self._build(artifact, python, self._mount(artifact))
            if len(bundle.too_large_for(beside.path, ceilings, mounted=True)) < len(ceilings):
                return beside
        bundle.check_size(built.path, ceilings)
        return built

    def _mount(self, artifact: Artifact) -> Path:
        """What stands for the mounted folder on this machine."""
        return self._workdir / artifact.tier / "storage" / MOUNT

    def _build(self, artifact: Artifact, python: str, mount: Path | None = None) -> BuiltZip:
        """The zip for a version of Python."""
        return bundle.build(
            artifact,
            version=self._source.version,
            commit=self._source.commit,
            output=self._workdir / artifact.tier / python / f"{self._settings.name}.zip",
            process=self._process,
            keep=self._settings.keep,
            serving=self._project.config.serving(),
            metrics=self._source.metrics,
            python=python,
            mount=mount,
        )

    def _prepare(self, tier: Tier) -> Artifact:
        settings, root = self._settings, self._project.root
        return models.prepare(
            name=settings.name,
            model=self._source.model,
            sample=self._source.sample,
            target=settings.target,
            tier=tier,
            workdir=self._workdir / tier,
            process=self._process,
            python=self._interpreter(),
            folders=(root,),
            trusted=self._source.trusted,
            predictor=root / settings.predictor if settings.predictor else None,
            requirements=root / settings.requirements if settings.requirements else None,
        )

    def _interpreter(self) -> Path | None:
        python = self._settings.python
        return (self._project.root / python) if python else None


def _cause(parity: Parity, artifact: Artifact) -> str:
    """Why the worst row differs, where that is known."""
    if parity.worst_row not in artifact.near_splits:
        return ""
    column, threshold = artifact.near_splits[parity.worst_row]
    return f", where {column} lies on a split of the model, at {threshold:.7g}: float32 rounds it across"


def _storage_of(built: BuiltZip) -> Path | None:
    """The folder with the function's mounts."""
    return built.mounted.path.parent.parent if built.mounted else None


def _trial(made: Settled) -> Trial:
    return Trial(
        tier=made.artifact.tier,
        zip_bytes=made.built.zip_bytes,
        parity=made.parity,
        cold_start=made.cold_start,
    )


def _refuse_mismatch(parity: Parity, artifact: Artifact) -> None:
    if parity.ok:
        return
    what = "gives other labels" if not parity.labels_equal else f"differs by up to {parity.max_abs_diff:.3g}"
    rows = parity.rows + parity.boundary_rows
    raise ParityError(
        f"the {artifact.tier} bundle of {artifact.description} {what} on {rows} rows "
        f"(tolerance {parity.tolerance:g}); worst row: {parity.worst_row}{_cause(parity, artifact)}",
        hint=ADVICE[artifact.tier],
    )
