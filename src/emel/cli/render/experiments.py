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


def side_by_side(comparisons: Sequence[Comparison]) -> RenderableType:
    """Several candidates of one base: metrics and parameters in columns, and what the gate refuses."""
    labels = [comparison.candidate.title for comparison in comparisons]
    base = comparisons[0].base.title if comparisons[0].base else "base"
    metrics = table("metric", "", base, *labels, right=(base, *labels))
    for name in dict.fromkeys(metric.name for one in comparisons for metric in one.metrics):
        changes = [next((m for m in one.metrics if m.name == name), None) for one in comparisons]
        known = next(change for change in changes if change)
        cells = (
            Text(words.scalar(change.candidate), style=_style(change)) if change else Text("–")
            for change in changes
        )
        metrics.add_row(name, ARROWS[known.direction], words.scalar(known.base), *cells)
    params = table("parameter", base, *labels)
    for name in dict.fromkeys(param.name for one in comparisons for param in one.params):
        found = [next((p for p in one.params if p.name == name), None) for one in comparisons]
        before = next(param for param in found if param).base
        # A parameter that did not change is not among the changes.
        values = (words.scalar(param.candidate if param else before) for param in found)
        params.add_row(name, words.scalar(before), *values)
    verdicts = (_short_verdict(label, one) for label, one in zip(labels, comparisons, strict=True))
    parts: list[RenderableType] = [metrics]
    if params.row_count:
        parts += [Text(""), params]
    return Group(*parts, Text(""), *verdicts)


def written(report: Written) -> RenderableType:
    """Where the report lies."""
    return facts(
        ("markdown", str(report.markdown)), ("html", str(report.html)), ("plots", str(len(report.images)))
    )


def _short_verdict(label: str, compared: Comparison) -> Text:
    checks = compared.verdict.checks
    if not checks:
        return Text(f"{label}: no rules in emel.toml")
    refused = "; ".join(check.text for check in checks if not check.passed)
    return Text(f"{label}: gate FAILED: {refused}" if refused else f"{label}: gate passed")


def _headline(compared: Comparison) -> str:
    candidate = _revision(compared.candidate)
    if compared.base is None:
        return f"{candidate}: nothing to compare with, this is the first"
    return f"{candidate} compared with {_revision(compared.base)}"


def _revision(revision: Revision) -> str:
    short, edits = revision.commit[:8], revision.edits
    if edits:
        shown = ", ".join(edits[:3]) + (f" and {len(edits) - 3} more" if len(edits) > 3 else "")
        return f"{short} with uncommitted changes in {shown}"
    return short if revision.title == short else f"{revision.label} ({short})"


def _metrics(changes: Sequence[MetricChange]) -> RenderableType:
    if not changes:
        return Text("no metrics; name a metrics file in dvc.yaml")
    noisy = any(change.noise is not None for change in changes)
    numeric = ("base", "candidate", "change", "%", *(("noise",) if noisy else ()))
    made = table("metric", "", *numeric, "", right=numeric)
    for change in changes:
        made.add_row(
            change.name,
            ARROWS[change.direction],
            words.scalar(change.base),
            words.scalar(change.candidate),
            words.signed(change.delta),
            words.percent(change.relative),
            *(("–" if change.noise is None else f"±{change.noise:.2g}",) if noisy else ()),
            _effect(change),
        )
    return made


def _style(change: MetricChange) -> str:
    return STYLES["same" if change.within_noise else change.effect]


def _effect(change: MetricChange) -> Text:
    if change.within_noise:
        return Text(f"{change.effect}, within the noise", style=STYLES["same"])
    return Text(change.effect, style=STYLES[change.effect])


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
