"""Pipelines, comparisons, versions of models, reports."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from emel.cli import words
from emel.cli.render.tables import facts, passed, table
from emel.records import Comparison, EnvironmentChange, MetricChange, PipelineRun, Revision
from emel.report import Written

ARROWS = {"higher": "↑", "lower": "↓", None: " "}
ENVIRONMENT_SHOWN = 10
STYLES = {
    "better": "green",
    "worse": "red",
    "new": "cyan",
    "gone": "yellow",
    "changed": "cyan",
    "same": "dim",
}


def pipeline_run(run: PipelineRun) -> RenderableType:
    """Which stages ran."""
    stages = ", ".join(f"{stage.name} {stage.outcome}" for stage in run.stages)
    return Text(f"Pipeline: {stages} ({words.seconds(run.seconds)})")


def comparison(compared: Comparison) -> RenderableType:
    """Metrics, parameters, data and the gate."""
    parts: list[RenderableType] = [Text(_headline(compared)), Text(""), _metrics(compared.metrics)]
    if compared.params:
        params = table("parameter", "base", "candidate")
        for change in compared.params:
            params.add_row(change.name, words.scalar(change.base), words.scalar(change.candidate))
        parts += [Text(""), params]
    if compared.data:
        parts += [
            Text(""),
            Text("Data and models changed: " + ", ".join(change.path for change in compared.data)),
        ]
    if compared.environment:
        parts += [Text(""), _environment(compared.environment)]
    return Group(*parts, Text(""), _verdict(compared))


def written(report: Written) -> RenderableType:
    """Where the report lies."""
    return facts(
        ("markdown", str(report.markdown)), ("html", str(report.html)), ("plots", str(len(report.images)))
    )


def _headline(compared: Comparison) -> str:
    candidate = _revision(compared.candidate)
    if compared.base is None:
        return f"{candidate}: nothing to compare with, this is the first"
    return f"{candidate} compared with {_revision(compared.base)}"


def _revision(revision: Revision) -> str:
    if revision.changes:
        count = len(revision.changes)
        files = "1 uncommitted file" if count == 1 else f"{count} uncommitted files"
        shown = ", ".join(revision.changes[:3]) + (", …" if count > 3 else "")
        return f"the working tree ({files} on {revision.commit[:8]}: {shown})"
    short = revision.commit[:8]
    return revision.label if revision.label == short else f"{revision.label} ({short})"


def _metrics(changes: Sequence[MetricChange]) -> RenderableType:
    if not changes:
        return Text("no metrics; name a metrics file in dvc.yaml")
    made = table(
        "metric", "", "base", "candidate", "change", "%", "", right=("base", "candidate", "change", "%")
    )
    for change in changes:
        made.add_row(
            change.name,
            ARROWS[change.direction],
            words.scalar(change.base),
            words.scalar(change.candidate),
            words.signed(change.delta),
            words.percent(change.relative),
            Text(change.effect, style=STYLES[change.effect]),
        )
    return made


def _environment(changes: Sequence[EnvironmentChange]) -> RenderableType:
    """The first of them: a new environment may have hundreds of other libraries."""
    made = table("environment", "base", "candidate")
    for change in changes[:ENVIRONMENT_SHOWN]:
        made.add_row(change.name, change.base or "–", change.candidate or "–")
    hidden = len(changes) - ENVIRONMENT_SHOWN
    return Group(made, Text(f"… and {hidden} more; --json lists all")) if hidden > 0 else made


def _verdict(compared: Comparison) -> RenderableType:
    checks = compared.verdict.checks
    if not checks:
        return Text("Gate: no rules in emel.toml")
    made = table("gate", "")
    for check in checks:
        made.add_row(check.text, passed(check.passed))
    word = "passed" if compared.verdict.passed else "FAILED"
    return Group(made, Text(f"Gate {word}: {sum(c.passed for c in checks)} of {len(checks)} rules met"))
