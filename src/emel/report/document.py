"""The report of a comparison, section by section, from the verdict to how it is done again."""

from __future__ import annotations

from collections.abc import Sequence

from emel.records import (
    Bundle,
    Check,
    Comparison,
    DataChange,
    Effect,
    Endpoint,
    Estimate,
    MetricChange,
    ParamChange,
    Plot,
    Revision,
    Shadow,
)
from emel.report import numbers
from emel.report.blocks import (
    Banner,
    Block,
    Code,
    CodeBlock,
    Details,
    Document,
    Heading,
    Image,
    Inline,
    Line,
    Paragraph,
    Table,
    Tone,
    Toned,
)
from emel.report.card import cost_section, endpoint_section, model_section, shadow_section

FOLD_FROM = 20
"""With more metrics than this, those that did not change are folded away."""
ARROWS = {"higher": "↑", "lower": "↓", None: ""}
TONES: dict[Effect, Tone] = {"better": "good", "worse": "bad"}


def build(
    project: str,
    comparison: Comparison,
    *,
    plots: Sequence[Plot],
    candidate_bundle: Bundle | None,
    base_bundle: Bundle | None,
    estimate: Estimate | None,
    shadow: Shadow | None,
    endpoint: Endpoint | None,
) -> Document:
    """The document. What is None is left out, without a word about it."""
    blocks: list[Block] = [
        _banner(project, comparison),
        *_metrics(comparison),
        *_gate(comparison.verdict.checks),
    ]
    blocks += _params(comparison.params)
    blocks += _data(comparison.data)
    blocks += _plots(plots, comparison)
    if candidate_bundle:
        blocks += model_section(candidate_bundle, base_bundle)
    if endpoint:
        blocks += endpoint_section(endpoint, candidate_bundle)
    if shadow:
        blocks += shadow_section(shadow)
    if estimate:
        blocks += cost_section(estimate)
    blocks += _reproduce(comparison.candidate)
    return Document(f"{project}: {comparison.candidate.label}", tuple(blocks))


def _banner(project: str, comparison: Comparison) -> Banner:
    verdict = comparison.verdict
    failed = [check.text for check in verdict.checks if not check.passed]
    count = len(verdict.checks)
    tone: Tone = "neutral"
    if failed:
        title, tone = "Gate failed: " + "; ".join(failed), "bad"
    elif count:
        title, tone = f"Gate passed: {'its rule is' if count == 1 else f'all {count} rules are'} met", "good"
    else:
        title = "No gate: emel.toml has no rules"
    line: Line = (Code(project), " at ", *_revision(comparison.candidate))
    if comparison.base:
        line = (*line, ", compared with ", *_revision(comparison.base), ".")
    else:
        line = (*line, ". There are no earlier results to compare with.")
    return Banner(tone, title, line)


def _revision(revision: Revision) -> Line:
    short = Code(revision.commit[:8])
    if revision.changes:
        count = len(revision.changes)
        files = "1 uncommitted file" if count == 1 else f"{count} uncommitted files"
        return ("the working tree (", short, f" and {files})")
    return (short,) if revision.label == short.text else (Code(revision.label), " (", short, ")")


def _metrics(comparison: Comparison) -> list[Block]:
    changes = comparison.metrics
    if not changes:
        return [Heading("Metrics"), Paragraph(("The pipeline declares no metrics.",))]
    if comparison.base is None:
        rows = tuple((_name(change), (numbers.scalar(change.candidate),)) for change in changes)
        return [Heading("Metrics"), Table(("Metric", "Value"), rows, numeric=(1,))]
    if len(changes) <= FOLD_FROM:
        return [Heading("Metrics"), _metric_table(changes)]
    moved = [change for change in changes if change.effect != "same"]
    still = [change for change in changes if change.effect == "same"]
    blocks: list[Block] = [Heading("Metrics")]
    blocks.append(_metric_table(moved) if moved else Paragraph((f"None of {len(changes)} metrics changed.",)))
    if still:
        blocks.append(Details(f"{len(still)} metrics without a change", (_metric_table(still),)))
    return blocks


def _metric_table(changes: Sequence[MetricChange]) -> Table:
    rows = tuple(
        (
            _name(change),
            (Toned(change.effect, TONES.get(change.effect, "neutral")),),
            (_value(change.base),),
            (_value(change.candidate),),
            (numbers.change(change.delta),),
            (numbers.percent_change(change.relative),),
        )
        for change in changes
    )
    return Table(("Metric", "", "Base", "Candidate", "Change", "Relative"), rows, numeric=(2, 3, 4, 5))


def _name(change: MetricChange) -> Line:
    arrow = ARROWS[change.direction]
    return (Code(change.name), f" {arrow}") if arrow else (Code(change.name),)


def _value(value: object) -> Inline:
    if isinstance(value, str):
        return Code(value)
    return numbers.scalar(value) if isinstance(value, (bool, int, float)) else numbers.NONE


def _gate(checks: Sequence[Check]) -> list[Block]:
    if not checks:
        return []
    rows = tuple(
        (
            (Code(check.metric),),
            (Code(f"{check.rule} = {check.limit:g}"),),
            (check.text,),
            (Toned("passed", "good") if check.passed else Toned("failed", "bad"),),
        )
        for check in checks
    )
    table = Table(("Metric", "Rule", "Result", ""), rows)
    if all(check.passed for check in checks):
        return [Details("The rules of the gate", (table,))]
    return [Heading("Gate"), table]


def _params(changes: Sequence[ParamChange]) -> list[Block]:
    if not changes:
        return []
    rows = tuple(
        ((Code(change.name),), (_param(change, "new"),), (_param(change, "gone"),)) for change in changes
    )
    return [Heading("Parameters"), Table(("Parameter", "Base", "Candidate"), rows)]


def _param(change: ParamChange, absent: Effect) -> Inline:
    """The value of one side; `absent` is the effect under which that side has none."""
    if change.effect == absent:
        return numbers.NONE
    value = change.base if absent == "new" else change.candidate
    return Code(value if isinstance(value, str) else "null" if value is None else numbers.scalar(value))


def _data(changes: Sequence[DataChange]) -> list[Block]:
    if not changes:
        return []
    rows = tuple(
        ((Code(change.path),), _digest(change.base), _digest(change.candidate)) for change in changes
    )
    return [Heading("Data and models"), Table(("File", "Base", "Candidate"), rows)]


def _digest(digest: str | None) -> Line:
    if digest is None:
        return (numbers.NONE,)
    kind, _, digits = digest.rpartition(":")
    return (Code(f"{kind}:{digits[:8]}" if kind else digits[:8]),)


def _plots(plots: Sequence[Plot], comparison: Comparison) -> list[Block]:
    if not plots:
        return []
    labels = [revision.label for revision in (comparison.base, comparison.candidate) if revision]
    return [Heading("Plots"), *(Image(plot, f"{plot.title}: {' and '.join(labels)}") for plot in plots)]


def _reproduce(candidate: Revision) -> list[Block]:
    blocks: list[Block] = [Heading("Do it again")]
    if candidate.changes:
        files = ", ".join(candidate.changes[:5]) + (", …" if len(candidate.changes) > 5 else "")
        blocks.append(Paragraph(("First commit what was changed: ", Code(files), ".")))
        return [*blocks, CodeBlock("emel run", "shell")]
    return [*blocks, CodeBlock(f"git checkout {candidate.commit}\nemel run", "shell")]
