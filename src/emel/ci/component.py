"""The same jobs as a CI/CD component, whose inputs are filled in where it is included.

GitLab's documentation, «CI/CD components» and «CI/CD inputs»: a header with typed
inputs, three dashes, the jobs.
"""

from __future__ import annotations

from typing import Any

from emel.ci.layout import to_yaml
from emel.ci.parts import RETRIED
from emel.ci.pipeline import all_jobs
from emel.ci.spec import Spec

INPUTS: dict[str, dict[str, Any]] = {
    "cloud": {
        "description": "Where endpoints live.",
        "options": ["yandex", "aws", "local"],
    },
    "image": {
        "description": "The image of all jobs: Python 3.11 to 3.14, with git.",
        "default": "python:3.12-bookworm",
    },
    "install": {
        "description": "The command that installs emel and the libraries of the project.",
        "default": 'pip install --quiet "emel[all]" -r requirements.txt',
    },
    "lock": {
        "description": "The file that pins the libraries: the key of their cache.",
        "default": "requirements.txt",
    },
    "results": {
        "description": "Files that training writes and later jobs read.",
        "type": "array",
        "default": [
            "dvc.lock",
            "metrics.json",
            "emel.noise.json",
            "models/",
            ".emel/runs/",
            ".emel/bundles/",
        ],
    },
    "base": {"description": "The branch that results are compared with.", "default": "main"},
    "folder": {
        "description": "The folder of emel.toml with a slash at its end, as churn/; empty for the top one.",
        "default": "",
        "regex": r"^([A-Za-z0-9_.-]+/)*$",
    },
    "machine": {
        "description": "Whether the machine of [train.machine] in emel.toml is launched to train. Set "
        "runner_tags to its tag too: emel-$CI_PROJECT_ID-$CI_PIPELINE_IID",
        "options": ["none", "on-demand", "spot"],
        "default": "none",
    },
    "runner_tags": {
        "description": "Tags of the runner that trains; without any, every runner may.",
        "type": "array",
        "default": [],
    },
    "dvc_remote": {
        "description": "Whether .dvc/config has a remote, which data come from and results go to.",
        "type": "boolean",
        "default": False,
    },
    "commit_results": {
        "description": "Whether the default branch's pipeline commits its results: emel ci commit.",
        "type": "boolean",
        "default": False,
    },
    "reuse_results": {
        "description": "Whether what a pipeline trained is kept as a generic package, for pipelines with the "
        "same inputs.",
        "type": "boolean",
        "default": False,
    },
    "repeat": {
        "description": "How often the default branch's pipeline runs the training, to know the metrics' "
        "noise; set commit_results too.",
        "type": "number",
        "default": 1,
    },
    "sweep": {
        "description": "Whether a person may start the sweep of [sweep] in emel.toml.",
        "type": "boolean",
        "default": False,
    },
    "retry": {
        "description": "Faults of the runner after which a job runs again. From GitLab 19.1 on there are "
        "also runner_interrupted and no_updates_running.",
        "type": "array",
        "default": list(RETRIED),
    },
    "production": {
        "description": "Whether what was merged goes to production by itself or by a click.",
        "options": ["on_success", "manual"],
        "default": "on_success",
    },
    "auto_stop_in": {"description": "After how long a preview that nobody stopped is.", "default": "1 week"},
    "schedule": {
        "description": "What a pipeline schedule does: remove forgotten previews, or train and deploy too.",
        "options": ["prune", "train"],
        "default": "prune",
    },
    "stage": {"description": "The stage of all jobs.", "default": "test"},
    "prefix": {"description": "Stands before the name of each job.", "default": ""},
}


def component() -> str:
    """`templates/emel/template.yml`."""
    header = {name: {"type": "string", **fields} for name, fields in INPUTS.items()}
    spec = Spec(
        base=_input("base"),
        image=_input("image"),
        install=(_input("install"),),
        results=_input("results"),
        lock=_input("lock"),
        folder=_input("folder"),
        machine=_input("machine"),
        cloud=_input("cloud"),
        runner_tags=_input("runner_tags"),
        has_remote=_input("dvc_remote"),
        commits_results=_input("commit_results"),
        reuses_results=_input("reuse_results"),
        repeat=_input("repeat"),
        sweeps=_input("sweep"),
        retried=_input("retry"),
        production=_input("production"),
        auto_stop_in=_input("auto_stop_in"),
        schedule=_input("schedule"),
        stage=_input("stage"),
        prefix=_input("prefix"),
    )
    comment = "# Written by `make docs`; a test fails when it is out of date."
    return f"{comment}\n{to_yaml({'spec': {'inputs': header}})}---\n{to_yaml(all_jobs(spec))}"


def _input(name: str) -> str:
    return f"$[[ inputs.{name} ]]"
