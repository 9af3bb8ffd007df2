"""The runs before this one, as a folded table under the report."""

from __future__ import annotations

from collections.abc import Sequence

from emel.records.forges import ReportRun
from emel.report import markdown, numbers
from emel.report.blocks import Code, Details, Document, Line, Table, Toned

SHOWN_METRICS = 6


def earlier_runs(runs: Sequence[ReportRun]) -> str:
    """Markdown that tells of the runs, newest first; nothing when there is only one. `runs`: oldest first.

    The metrics are the first ones of the newest run, so that each column means one thing.
    """
    if len(runs) < 2:
        return ""
    names = list(runs[-1].metrics)[:SHOWN_METRICS]
    rows: tuple[tuple[Line, ...], ...] = tuple(
        ((Code(run.commit[:8]),), (_verdict(run),), *(_value(run, name) for name in names))
        for run in reversed(runs)
    )
    header = ("Commit", "Gate", *names)
    table = Table(header, rows, numeric=tuple(range(2, len(header))))
    folded = Details(f"The last {len(runs)} runs", (table,))
    return "\n\n".join(markdown.parts(Document("", (folded,)), {}))


def _verdict(run: ReportRun) -> Toned:
    if run.passed is None:
        return Toned("no rules", "neutral")
    return Toned("passed", "good") if run.passed else Toned("failed", "bad")


def _value(run: ReportRun, name: str) -> Line:
    value = run.metrics.get(name)
    if value is None:
        return (numbers.NONE,)
    return (Code(value),) if isinstance(value, str) else (numbers.scalar(value),)
