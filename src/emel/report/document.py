"""The report of a comparison, section by section, from the verdict to how it is done again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from emel.records import Comparison, Revision
from emel.report.blocks import (
    Banner,
    Block,
    Code,
    CodeBlock,
    Details,
    Document,
    Heading,
    Image,
    Line,
    Paragraph,
    Tone,
)
from emel.report.card import cost_section, endpoint_section, model_section
from emel.report.environment import environment_section
from emel.report.known import Known
from emel.report.leaderboard import leaderboard_section
from emel.report.results import data_section, gate_section, metrics_section, params_section
from emel.report.shadow import shadow_section

NAMED_FILES = 3
"""Of those with uncommitted changes; more are counted."""
SHOWN_PLOTS = 6
"""More are folded away."""


def build(known: Known, sections: Sequence[str] | None = None) -> Document:
    """The document: the verdict, then the sections in this order. What is not known is left out.

    Sections are those of SECTIONS, by name, and the user's own. Without a choice all are shown, the user's
    own before the last.
    """
    names = default_sections(tuple(known.own)) if sections is None else sections
    banner = _banner(known.project, known.comparison)
    blocks: list[Block] = [banner]
    for name in names:
        blocks += _own(known, name) if name in known.own else SECTIONS[name](known)
    title = f"{known.project}: {known.comparison.candidate.title}"
    return Document(title, tuple(blocks), banner.title)


def default_sections(own: Sequence[str]) -> tuple[str, ...]:
    """What is shown without a choice."""
    *most, last = SECTIONS
    return (*most, *own, last)


def _own(known: Known, name: str) -> list[Block]:
    section, markdown = known.own[name]
    if section.folded:
        return [Details(section.title, (markdown,))]
    return [Heading(section.title), markdown]


def _banner(project: str, comparison: Comparison) -> Banner:
    verdict = comparison.verdict
    failed = [check.text for check in verdict.checks if not check.passed]
    count = len(verdict.checks)
    moved = _moved(comparison)
    tone: Tone = "neutral"
    if failed:
        title, tone = "Gate failed: " + "; ".join(failed), "bad"
    elif count:
        title, tone = f"Gate passed: {'its rule is' if count == 1 else f'all {count} rules are'} met", "good"
    else:
        title = f"No gate: {moved or 'emel.toml has no rules'}"
    line: Line = (Code(project), " at ", *_revision(comparison.candidate))
    if comparison.base is None:
        return Banner(tone, title, (*line, ". There are no earlier results to compare with."))
    line = (*line, ", compared with ", *_revision(comparison.base), ".")
    return Banner(tone, title, (*line, f" {moved[0].upper()}{moved[1:]}.") if moved and count else line)


def _moved(comparison: Comparison) -> str:
    """How many metrics got better and worse beyond the noise, in words; nothing without a base."""
    if comparison.base is None or not comparison.metrics:
        return ""
    effects = [change.effect for change in comparison.metrics if not change.within_noise]
    parts = [f"{effects.count(effect)} {effect}" for effect in ("better", "worse") if effect in effects]
    if not parts:
        beyond = " beyond the noise" if len(effects) < len(comparison.metrics) else ""
        return f"no metric is better or worse{beyond}"
    first, _, effect = parts[0].partition(" ")
    noun = "metric is" if first == "1" else "metrics are"
    return ", ".join([f"{first} {noun} {effect}", *parts[1:]])


def _revision(revision: Revision) -> Line:
    short = Code(revision.commit[:8])
    edits = revision.edits
    if len(edits) > NAMED_FILES:
        return (short, f" with uncommitted changes in {len(edits)} files")
    if edits:
        signs = [" with uncommitted changes in ", *[", "] * (len(edits) - 2), " and "]
        return (short, *(part for pair in zip(signs, map(Code, edits), strict=False) for part in pair))
    return (short,) if revision.title == short.text else (Code(revision.label), " (", short, ")")


def _plots(known: Known) -> list[Block]:
    if not known.plots:
        return []
    compared = (known.comparison.base, known.comparison.candidate)
    labels = [revision.title for revision in compared if revision]
    images = [Image(plot, f"{plot.title}: {' and '.join(labels)}") for plot in known.plots]
    blocks: list[Block] = [Heading("Plots"), *images[:SHOWN_PLOTS]]
    if len(images) > SHOWN_PLOTS:
        rest = tuple(images[SHOWN_PLOTS:])
        blocks.append(Details("1 more plot" if len(rest) == 1 else f"{len(rest)} more plots", rest))
    return blocks


def _reproduce(known: Known) -> list[Block]:
    candidate = known.comparison.candidate
    blocks: list[Block] = [Heading("Reproduce")]
    if candidate.edits:
        files = ", ".join(candidate.edits[:5]) + (", …" if len(candidate.edits) > 5 else "")
        blocks.append(Paragraph(("First commit what was changed: ", Code(files), ".")))
        return [*blocks, CodeBlock("emel run", "shell")]
    bundle = known.candidate_bundle
    if bundle and bundle.version.startswith("v"):
        return [*blocks, CodeBlock(f"emel model reproduce {bundle.name}@{bundle.version}", "shell")]
    return [*blocks, CodeBlock(f"git checkout {candidate.commit}\nemel run", "shell")]


SECTIONS: Mapping[str, Callable[[Known], list[Block]]] = {
    "metrics": metrics_section,
    "gate": gate_section,
    "parameters": params_section,
    "data": data_section,
    "environment": environment_section,
    "leaderboard": leaderboard_section,
    "plots": _plots,
    "model": model_section,
    "endpoint": endpoint_section,
    "shadow": shadow_section,
    "cost": cost_section,
    "reproduce": _reproduce,
}
"""The sections that emel writes, in the order of a report that chooses none."""
