"""With what the candidate was trained, and what of it the base was trained without."""

from __future__ import annotations

from emel.records import Comparison, RunRecord
from emel.report import numbers
from emel.report.blocks import Block, Code, Details, Line, Paragraph, Table
from emel.report.known import Known

MOST_CHANGES = 40
"""A new environment may have hundreds of other libraries."""


def environment_section(known: Known) -> list[Block]:
    """One folded part, whose title says how long the run took and whether anything differs."""
    if known.run is None:
        return []
    run, changes = known.run, known.comparison.environment
    facts = Paragraph(
        (f"{run.system}, {run.memory_bytes / 2**30:.0f} GB of memory; ran: {', '.join(run.ran)}.",)
    )
    blocks: list[Block] = [facts]
    if run.seeds:
        words: Line = ("Seeds: ",)
        for name, value in run.seeds.items():
            words = (*words, Code(f"{name} = {numbers.setting(value)}"), " ")
        blocks.append(Paragraph(words[:-1]))
    if changes:
        blocks.append(_table(known.comparison))
    return [Details(_title(run, len(changes)), tuple(blocks))]


def _title(run: RunRecord, changed: int) -> str:
    cores = "1 core" if run.cores == 1 else f"{run.cores} cores"
    differ = {0: "", 1: "; 1 thing differs from the base's"}.get(
        changed, f"; {changed} things differ from the base's"
    )
    return f"Environment: {numbers.seconds(run.seconds)} on {cores}, Python {run.python}{differ}"


def _table(comparison: Comparison) -> Table:
    changes = comparison.environment
    rows: list[tuple[Line, ...]] = [
        ((Code(change.name),), (change.base or numbers.NONE,), (change.candidate or numbers.NONE,))
        for change in changes[:MOST_CHANGES]
    ]
    if len(changes) > MOST_CHANGES:
        rows.append(((f"and {len(changes) - MOST_CHANGES} more",), ("",), ("",)))
    return Table(("", "Base", "Candidate"), tuple(rows))
