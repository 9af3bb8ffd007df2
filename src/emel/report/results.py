"""What the comparison found: metrics, the gate, parameters, data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from emel.records import (
    Best,
    DataChange,
    DataFacts,
    Effect,
    MetricChange,
    NoiseSource,
    ParamChange,
    Revision,
)
from emel.report import numbers
from emel.report.blocks import Block, Code, Details, Heading, Inline, Line, Paragraph, Table, Tone, Toned
from emel.report.known import Known

FOLD_FROM = 20
"""With more metrics than this, those that did not change are folded away."""
MOST_NAMES = 5
"""Columns that are named; of more, their number is told."""
ARROWS = {"higher": "↑", "lower": "↓", None: ""}
TONES: dict[Effect, Tone] = {"better": "good", "worse": "bad"}


def metrics_section(known: Known) -> list[Block]:
    """Every metric beside the base's, and the best that it ever was."""
    comparison = known.comparison
    changes = comparison.metrics
    heading = Heading("Metrics")
    if not changes:
        return [heading, Paragraph(("The pipeline declares no metrics.",))]
    if comparison.base is None:
        rows = tuple((_name(change), (numbers.scalar(change.candidate),)) for change in changes)
        table = Table(("Metric", "Value"), rows, numeric=(1,))
        if len(changes) <= FOLD_FROM:
            return [heading, table]
        shown = Table(table.header, rows[:FOLD_FROM], table.numeric)
        rest = Table(table.header, rows[FOLD_FROM:], table.numeric)
        return [heading, shown, Details(f"{len(rest.rows)} more metrics", (rest,))]
    # The base alone is no history: it has a column of its own.
    earlier = {best.revision.commit for best in known.best.values()} - {comparison.base.commit}
    best = known.best if earlier else {}
    of_noise = _of_noise(comparison.noise)
    if len(changes) <= FOLD_FROM:
        return [heading, _metric_table(changes, best, comparison.base), *of_noise]
    moved = [change for change in changes if change.effect != "same"]
    still = [change for change in changes if change.effect == "same"]
    none = Paragraph((f"None of {len(changes)} metrics changed.",))
    blocks: list[Block] = [heading, _metric_table(moved, best, comparison.base) if moved else none]
    if still:
        blocks.append(
            Details(f"{len(still)} metrics without a change", (_metric_table(still, best, comparison.base),))
        )
    return [*blocks, *of_noise]


def gate_section(known: Known) -> list[Block]:
    """The rules and how they were met: folded away when all are."""
    checks = known.comparison.verdict.checks
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


def params_section(known: Known) -> list[Block]:
    """Parameters with another value."""
    changes = known.comparison.params
    if not changes:
        return []
    rows = tuple(
        ((Code(change.name),), (_param(change, "new"),), (_param(change, "gone"),)) for change in changes
    )
    return [Heading("Parameters"), Table(("Parameter", "Base", "Candidate"), rows)]


def data_section(known: Known) -> list[Block]:
    """Data files, models and other outputs with another content."""
    changes = known.comparison.data
    if not changes:
        return []
    rows = []
    for change in changes:
        base, candidate = known.data.get(change.path, (None, None))
        rows.append(
            (
                (Code(change.path),),
                _facts(change.base, base),
                _facts(change.candidate, candidate),
                _difference(change, base, candidate),
            )
        )
    return [Heading("Data and models"), Table(("File", "Base", "Candidate", "Change"), tuple(rows))]


def _metric_table(changes: Sequence[MetricChange], best: Mapping[str, Best], base: Revision) -> Table:
    noisy = any(change.noise is not None for change in changes)
    rows = tuple(
        (
            _name(change),
            (_effect(change),),
            (_value(change.base),),
            (_value(change.candidate),),
            (numbers.change(change.delta),),
            (numbers.percent_change(change.relative),),
            *(((numbers.noise(change.noise),),) if noisy else ()),
            *((_best(change, best.get(change.name), base),) if best else ()),
        )
        for change in changes
    )
    more = (*(("Noise",) if noisy else ()), *(("Best so far",) if best else ()))
    header = ("Metric", "", "Base", "Candidate", "Change", "Relative", *more)
    return Table(header, rows, numeric=(2, 3, 4, 5, 6) if noisy else (2, 3, 4, 5))


def _effect(change: MetricChange) -> Toned:
    if change.within_noise:
        return Toned(f"{change.effect}, within the noise", "neutral")
    return Toned(change.effect, TONES.get(change.effect, "neutral"))


def _of_noise(sources: Sequence[NoiseSource]) -> list[Block]:
    """Where the noise comes from."""
    if not sources:
        return []
    line: Line = ("Noise is by how much two runs of one pipeline may differ by chance (95 %), after ",)
    for place, source in enumerate(sources):
        earlier = "" if source.current else " of earlier results"
        line = (*line, " and " if place else "", f"{source.runs} runs{earlier} at ", Code(source.revision))
    return [Paragraph((*line, "."))]


def _name(change: MetricChange) -> Line:
    arrow = ARROWS[change.direction]
    return (Code(change.name), f" {arrow}") if arrow else (Code(change.name),)


def _value(value: object) -> Inline:
    if isinstance(value, str):
        return Code(value)
    return numbers.scalar(value) if isinstance(value, (bool, int, float)) else numbers.NONE


def _best(change: MetricChange, best: Best | None, base: Revision) -> Line:
    if best is None:
        return (numbers.NONE,)
    value = change.candidate
    if isinstance(value, (int, float)) and value == value:
        if value == best.value:
            return ("as good",)
        if (value > best.value) == (change.direction == "higher"):
            return (Toned("new best", "good"),)
    if best.revision.commit == base.commit:
        return (f"{numbers.scalar(best.value)}, the base",)
    return (f"{numbers.scalar(best.value)} at ", Code(best.revision.title))


def _param(change: ParamChange, absent: Effect) -> Inline:
    """The value of one side; `absent` is the effect under which that side has none."""
    if change.effect == absent:
        return numbers.NONE
    value = change.base if absent == "new" else change.candidate
    return Code(value if isinstance(value, str) else numbers.setting(value))


def _facts(digest: str | None, facts: DataFacts | None) -> Line:
    if digest is None:
        return (numbers.NONE,)
    kind, _, digits = digest.rpartition(":")
    short = Code(f"{kind}:{digits[:8]}" if kind else digits[:8])
    told = _told(facts) if facts else ""
    return (f"{told}, ", short) if told else (short,)


def _told(facts: DataFacts) -> str:
    parts = []
    if facts.rows is not None:
        columns = f" × {_counted(len(facts.columns), 'column')}" if facts.columns is not None else ""
        parts.append(_counted(facts.rows, "row") + columns)
    if facts.files is not None:
        parts.append(_counted(facts.files, "file"))
    if facts.bytes is not None:
        parts.append(numbers.size(facts.bytes))
    return ", ".join(parts)


def _difference(change: DataChange, base: DataFacts | None, candidate: DataFacts | None) -> Line:
    if change.base is None or change.candidate is None:
        return (Toned("new" if change.base is None else "gone", "neutral"),)
    if base is None or candidate is None:
        return ("content",)
    parts: list[str] = []
    for what, old, new in (("row", base.rows, candidate.rows), ("file", base.files, candidate.files)):
        if old is not None and new is not None and old != new:
            sign = "+" if new > old else "−"
            parts.append(f"{sign}{_counted(abs(new - old), what)}")
    line: Line = (", ".join(parts),) if parts else ()
    for word, here, there in (("new", candidate, base), ("gone", base, candidate)):
        names = [name for name in here.columns or () if name not in (there.columns or ())]
        if names and there.columns is not None:
            line = (*line, ", " if line else "", *_named(word, names))
    return line or ("content",)


def _named(word: str, names: Sequence[str]) -> Line:
    if len(names) > MOST_NAMES:
        return (f"{len(names)} {word} columns",)
    shown: list[Inline] = [f"{word}: "]
    for name in names:
        shown += [Code(name), ", "]
    return tuple(shown[:-1])


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
