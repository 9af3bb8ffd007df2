"""A sweep as a child pipeline: a job for each cell, and one that gathers what they gave.

GitLab documentation, «Downstream pipelines» and «parallel:matrix»: 200 jobs at most, and a job that needs
others can need 50, so the last job waits for a stage instead.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from emel.ci import machines, rules
from emel.ci.jobs import REPORTING
from emel.ci.layout import Noted, to_yaml
from emel.ci.parts import Job, common, dvc_cache, job, name_of, pip_cache, when, with_cloud
from emel.ci.spec import Spec

FILE = ".emel/sweep.yml"
KEPT = ".emel/sweeps/"
MOST_CELLS = 200
HEADER = "# Written by `emel sweep pipeline`."


def sweep(spec: Spec) -> Job:
    """A person starts it; it says which cells there are."""
    return {
        **job(spec, "train"),
        "needs": [],
        "rules": rules.of_sweeps(spec, "manual"),
        "script": [
            f"emel sweep pipeline --output {FILE} --report-job {shlex.quote(name_of(spec, 'report'))}"
        ],
        "artifacts": {"paths": [spec.path(FILE)], "expire_in": "1 week"},
        "allow_failure": Noted("Or the pipeline would wait for it.", True),
    }


def cells(spec: Spec) -> Job:
    """The pipeline that the job before has written."""
    written = {"artifact": spec.path(FILE), "job": name_of(spec, "sweep")}
    return {
        "stage": spec.stage or "train",
        "needs": [name_of(spec, "sweep")],
        "rules": rules.of_sweeps(spec),
        "trigger": {"include": [written], "strategy": "depend"},
    }


def child_pipeline(
    spec: Spec,
    matrix: Sequence[Mapping[str, Sequence[str]]],
    options: Sequence[str],
    report_job: str = "report",
) -> str:
    """The child pipeline. Each entry of the `matrix` has the assignments of every parameter, by the name of
    the variable that carries it; their product are cells. `options` are those of `emel sweep`, as words.
    The leaderboard goes into the comment of the `report_job`, which the other pipeline has."""
    alone = spec._replace(stage=None)
    first = ["runner"] if spec.machine and not spec.spot else []
    made: dict[str, Any] = {
        "stages": [*first, "train", "report"],
        "workflow": Noted(
            "The pipeline that starts this one may be a merge request's.", {"rules": [{"when": "always"}]}
        ),
    }
    jobs: dict[str, Job] = {".emel": common(alone)}
    if spec.machine:
        jobs |= _machine_jobs(alone, spec.machine, _count(matrix))
    jobs |= {"cell": _cell(alone, matrix), "leaderboard": _leaderboard(alone, options, report_job)}
    made |= {name_of(alone, name): made_job for name, made_job in jobs.items()}
    return f"{HEADER}\n\n{to_yaml(made)}"


def _machine_jobs(spec: Spec, machine: str, count: int) -> dict[str, Job]:
    """One machine for all cells, which take turns on it."""
    template = machines.template(spec)
    signed_in = {template: with_cloud(spec, machine)} if template != ".emel" else {}
    # Stages order these jobs; but for rules and `needs` they are as those of the other pipeline.
    left_out = ("rules", "needs")
    launch = {key: value for key, value in machines.runner(spec, jobs=count).items() if key not in left_out}
    stop = {key: value for key, value in machines.stop_runner(spec).items() if key not in left_out}
    return {**signed_in, "runner": launch, "stop-runner": {**stop, "stage": "report", "when": "always"}}


def _count(matrix: Sequence[Mapping[str, Sequence[str]]]) -> int:
    return sum(math.prod(len(values) for values in entry.values()) for entry in matrix)


def _cell(spec: Spec, matrix: Sequence[Mapping[str, Sequence[str]]]) -> Job:
    settings = " ".join(f'--set "${name}"' for name in matrix[0])
    pull = 'dvc pull --allow-missing || echo "What the DVC remote does not have is made here."'
    tags = {key: value for key, value in machines.of_training(spec).items() if key != "needs"}
    kept = {
        "key": name_of(spec, "sweep-$CI_COMMIT_REF_SLUG-$CI_NODE_INDEX"),
        "paths": [spec.path(KEPT)],
        "when": "always",
    }
    return {
        **job(spec, "train"),
        **tags,
        "parallel": {"matrix": [{name: list(values) for name, values in entry.items()} for entry in matrix]},
        "cache": [
            pip_cache(spec),
            Noted("A cell whose inputs are the same is not run again.", kept),
            {**dvc_cache(spec), "policy": "pull"},
        ],
        "script": [*when(spec.has_remote, pull), f"emel sweep {settings} --jobs 1"],
        "artifacts": {"when": "always", "expire_in": "1 week", "paths": [spec.path(KEPT)]},
        "allow_failure": Noted("The others are told all the same.", True),
    }


def _leaderboard(spec: Spec, options: Sequence[str], report_job: str) -> Job:
    published = ("--publish", "--report-job", report_job)
    return {
        **job(spec, "report"),
        "when": "always",
        "script": [
            Noted(
                "The comment needs EMEL_GITLAB_TOKEN. Without it the leaderboard is an artifact.",
                shlex.join(["emel", "sweep", "collect", *options, *published]),
            )
        ],
        "artifacts": {
            "when": "always",
            "expose_as": "Leaderboard",
            "paths": [spec.path(".emel/leaderboard/")],
            "expire_in": "1 month",
        },
        "resource_group": Noted("Both write one comment.", REPORTING),
    }
