"""What the gate knows of the function: size, cold start, price."""

from __future__ import annotations

from emel import compare as comparing
from emel.records import Bundle, Revision, Verdict
from emel.workflows.cost import price
from emel.workflows.package import find_bundle
from emel.workflows.project import Project

PREFIX = "function."


def function_measures(project: Project, revision: Revision | None) -> dict[str, float] | None:
    """The measures of a revision's function, by their names in `[gate]`.

    None without a bundle on the shelf, and where no rule asks for them: finding one reads the model.
    """
    asked = any(rule.metric.startswith(PREFIX) for rule in project.config.rules())
    bundle = find_bundle(project, revision) if revision and asked else None
    return _measures(project, bundle) if bundle else None


def judge_bundle(project: Project, bundle: Bundle) -> Verdict:
    """The verdict on a bundle alone; limits on how much worse it may be than the base's are for `emel run`,
    `compare` and `report`."""
    return comparing.judge_function(project.config.rules(), _measures(project, bundle))


def _measures(project: Project, bundle: Bundle) -> dict[str, float]:
    estimate = price(project, bundle)
    return {
        f"{PREFIX}zip_bytes": float(bundle.zip_bytes),
        f"{PREFIX}cold_start_seconds": estimate.projected_cold_start_seconds,
        f"{PREFIX}per_million_calls": estimate.per_million_calls,
    }
