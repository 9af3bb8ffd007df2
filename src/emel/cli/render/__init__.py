"""Records as people read them on a terminal: one function per record, each returns what rich prints."""

from collections.abc import Callable
from typing import Any

from rich.console import RenderableType

from emel import records
from emel.cli.render.endpoints import (
    destroyed,
    doomed,
    endpoint,
    endpoint_report,
    findings,
    plan_steps,
    scaled,
    statuses,
    tag_move,
)
from emel.cli.render.experiments import comparison, pipeline_run, written
from emel.cli.render.functions import bundle, explained
from emel.cli.render.logs import log_record
from emel.cli.render.money import estimate
from emel.cli.render.shadow import shadow
from emel.cli.render.simulation import simulation
from emel.cli.render.versions import (
    deprecation,
    downloaded,
    model_version,
    model_versions,
    origin,
    registration,
    reproduction,
    stage_move,
    version_details,
)
from emel.report import Written

__all__ = [
    "any_record",
    "bundle",
    "comparison",
    "deprecation",
    "destroyed",
    "doomed",
    "downloaded",
    "endpoint",
    "endpoint_report",
    "estimate",
    "explained",
    "findings",
    "log_record",
    "model_version",
    "model_versions",
    "origin",
    "pipeline_run",
    "plan_steps",
    "registration",
    "reproduction",
    "scaled",
    "shadow",
    "simulation",
    "stage_move",
    "statuses",
    "tag_move",
    "version_details",
    "written",
]

_BY_TYPE: dict[type, Callable[[Any], RenderableType]] = {
    records.Bundle: bundle,
    records.Comparison: comparison,
    records.Endpoint: endpoint,
    records.EndpointReport: endpoint_report,
    records.Estimate: estimate,
    records.ModelVersion: model_version,
    records.PipelineRun: pipeline_run,
    records.Shadow: shadow,
    records.TagMove: tag_move,
    Written: written,
}


def any_record(value: object) -> RenderableType:
    """A record of any type that the demo shows."""
    return _BY_TYPE[type(value)](value)
