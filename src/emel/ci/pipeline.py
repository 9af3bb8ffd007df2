"""The jobs put together: as a pipeline of its own, or as a file that another pipeline includes."""

from __future__ import annotations

from typing import Any

from emel.ci import jobs, machines, rules, sweeps
from emel.ci.layout import to_yaml
from emel.ci.parts import common, name_of, with_cloud
from emel.ci.spec import Spec

HEADER = (
    "# Written by `emel ci` from emel.toml. Change [ci] there and run it again; `emel ci --check` compares."
)
STAGES = ("train", "preview", "verify", "report", "deploy")


def as_pipeline(spec: Spec) -> str:
    """The whole `.gitlab-ci.yml`."""
    first = ["runner"] if spec.machine and not spec.spot else []
    top = {"stages": [*first, *STAGES], "workflow": rules.workflow()}
    return _text({**top, **all_jobs(spec)})


def as_include(spec: Spec) -> str:
    """A file for `include: local`: jobs in the spec's stage, and nothing that would change other jobs."""
    return _text(all_jobs(spec))


def all_jobs(spec: Spec) -> dict[str, Any]:
    """Every job by its name. Without a cloud there is nothing to preview, to test or to put live."""
    made: dict[str, Any] = {".emel": common(spec)}
    if spec.cloud:
        made[".emel-cloud"] = with_cloud(spec, spec.cloud)
    if spec.machine:
        if machines.template(spec) == ".emel-machine":
            made[".emel-machine"] = with_cloud(spec, spec.machine)
        made["runner"] = machines.runner(spec)
    made["train"] = jobs.train(spec)
    if spec.machine:
        made["stop-runner"] = machines.stop_runner(spec)
    if spec.sweeps:
        made |= {"sweep": sweeps.sweep(spec), "sweep-cells": sweeps.cells(spec)}
    if spec.cloud:
        made |= {
            "preview": jobs.preview(spec),
            "stop-preview": jobs.stop_preview(spec),
            "api-test": jobs.api_test(spec),
            "shadow": jobs.shadow(spec),
        }
    made |= {"report": jobs.report(spec), "deploy": jobs.deploy(spec)}
    if spec.cloud:
        made["prune-previews"] = jobs.prune_previews(spec)
    if spec.machine:
        made["prune-runners"] = machines.prune_runners(spec)
    return {name_of(spec, name): job for name, job in made.items()}


def _text(values: dict[str, Any]) -> str:
    return f"{HEADER}\n\n{to_yaml(values)}"
