"""The jobs around a training on a cloud machine that exists only while it trains."""

from __future__ import annotations

from emel.ci import rules
from emel.ci.layout import Noted
from emel.ci.parts import Job, name_of
from emel.ci.spec import Spec

TAG = "emel-$CI_PROJECT_ID-$CI_PIPELINE_IID"
"""What `emel runner launch` calls the machine of a pipeline, its runner and the runner's tag. GitLab fills in
CI_PIPELINE_IID in tags, and not CI_PIPELINE_ID (its documentation, «Where variables can be used»: persisted
variables)."""
LAUNCH = "emel runner launch --yes"
SIGNED_IN = ("yandex", "aws")
"""Clouds that a job's token is a login for."""
PREPARED = (*SIGNED_IN, "kubernetes")
"""Clouds that a job is made ready for: by a login, or by the program that signs in."""


def of_training(spec: Spec) -> Job:
    """Who runs a job that trains, for how long, and after what."""
    if spec.machine is None or spec.is_component:
        tags = spec.runner_tags if isinstance(spec.runner_tags, str) else list(spec.runner_tags)
        return {"tags": tags} if tags else {}
    return {
        "tags": [TAG],
        **({"timeout": spec.longest} if spec.longest else {}),
        # Where the launch goes on beside the training, the one must not wait for the other.
        **({} if spec.spot else {"needs": [name_of(spec, "runner")]}),
    }


def runner(spec: Spec, *, jobs: int = 1) -> Job:
    """Launch the machine for so many jobs. One that may be lost is watched for as long as they take."""
    launch = LAUNCH if jobs == 1 else f"{LAUNCH} --max-jobs {jobs}"
    watched = f"{launch} --wait"
    if spec.is_component:
        command = f'if [ "{spec.machine}" = "spot" ]; then {watched}; else {launch}; fi'
    else:
        command = watched if spec.spot else launch
    note = "It goes on beside the training: a machine that is taken away is replaced by another."
    return {
        **_job(spec, "train" if spec.spot else "runner"),
        **({"timeout": spec.longest} if spec.longest and spec.spot else {}),
        "rules": rules.of_machines(spec),
        "script": [Noted(note, command) if spec.spot else command],
    }


def stop_runner(spec: Spec) -> Job:
    """Take the machine away, however the training ended."""
    return {
        **_job(spec, "train"),
        "needs": [name_of(spec, "train")],
        "rules": rules.of_machines(spec, "always"),
        "script": ["emel runner stop"],
        "interruptible": Noted("Or a newer commit would leave the machine to its own clock.", False),
        "allow_failure": Noted("The machine ends itself in any case.", True),
    }


def prune_runners(spec: Spec) -> Job:
    """For those whose pipeline was broken off."""
    return {
        **_job(spec, "train"),
        "needs": [],
        "rules": rules.of_schedules(spec, machine=True),
        "script": ["emel runner prune --yes"],
    }


def template(spec: Spec) -> str:
    """What these jobs extend: they can reach the machine's cloud, which may not be that of the endpoints."""
    if spec.is_component or (spec.machine == spec.cloud and spec.machine in SIGNED_IN):
        return ".emel-cloud"
    return ".emel-machine" if spec.machine in PREPARED else ".emel"


def _job(spec: Spec, stage: str) -> Job:
    return {"extends": name_of(spec, template(spec)), "stage": spec.stage or stage}
