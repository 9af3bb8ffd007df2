"""What is known of the model as a function: its card, endpoint and price."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from typing import Any

from emel.records import Bundle, ColdStart, Column, Estimate, Parity, VmPrice
from emel.report import numbers
from emel.report.blocks import (
    Block,
    Code,
    CodeBlock,
    Details,
    Heading,
    Line,
    Link,
    Paragraph,
    Strong,
    Table,
)
from emel.report.known import Known

_Side = tuple[Bundle, Estimate | None]


def model_section(known: Known) -> list[Block]:
    """The model card, beside the base's: what it is, how large, exact and fast, and what it costs."""
    if known.candidate_bundle is None:
        return []
    sides: list[_Side] = [(known.candidate_bundle, known.estimate)]
    if known.base_bundle:
        sides.insert(0, (known.base_bundle, known.base_estimate))
    header = ("", "Base", "Candidate") if known.base_bundle else ("", "Candidate")
    rows = tuple(((label,), *(fact(side) for side in sides)) for label, fact in FACTS)
    told = tuple(row for row in rows if any(cell != (numbers.NONE,) for cell in row[1:]))
    return [Heading("Model"), Table(header, told)]


def endpoint_section(known: Known) -> list[Block]:
    """Where it answers, and a line to try it with."""
    if known.endpoint is None:
        return []
    url = known.endpoint.url
    version = Code(known.endpoint.version.model_version)
    answers: Line = ("Version ", version, " answers at ", Link(url), ", where it can be tried in a browser.")
    commit = known.endpoint.version.commit
    if commit and commit != known.comparison.candidate.commit:
        answers = (*answers, " It was made from another commit than this report: ", Code(commit[:8]), ".")
    blocks: list[Block] = [Heading("Preview endpoint"), Paragraph(answers)]
    if known.preview_bundle is None:
        return blocks
    row = json.dumps(_example(known.preview_bundle.signature.columns), ensure_ascii=False)
    address = shlex.quote(f"{url}/predict")
    key = '-H "X-Api-Key: $EMEL_API_KEY" ' if known.keyed else ""
    command = f"curl -s {address} {key}-H 'Content-Type: application/json' -d {shlex.quote(row)}"
    return [*blocks, CodeBlock(command, "shell")]


def cost_section(known: Known) -> list[Block]:
    """What predictions cost, and from when on a machine of one's own is cheaper. Folded."""
    estimate = known.estimate
    if estimate is None:
        return []

    def money(value: float) -> str:
        return numbers.money(value, estimate.currency)

    beside = [((f"{line.what}: {line.detail}",), (money(line.per_month),)) for line in estimate.extras]
    unknown = [((what,), ("no price known",)) for what in estimate.without_price]
    whole = [(("In all, a month",), (money(estimate.total_per_month),))] if beside else []
    rows: tuple[tuple[Line, ...], ...] = (
        (("1,000,000 predictions",), (money(estimate.per_million_calls),)),
        ((f"A month of {estimate.calls_per_month:,}, free tier included",), (money(estimate.per_month),)),
        *beside,
        *unknown,
        *whole,
        *_machine(estimate.vm, estimate.break_even_calls_per_month, money),
        *_machine(estimate.preemptible, estimate.preemptible_break_even_calls_per_month, money),
        (("Seconds per prediction, projected",), (numbers.seconds(estimate.seconds_per_call),)),
        (("Cold start, projected",), (numbers.seconds(estimate.projected_cold_start_seconds),)),
    )
    share = estimate.processor_share
    part = f"{numbers.share(share)} of a processor" if share <= 1 else f"{share:g} processors"
    basis: Line = (
        f"{estimate.cloud}, {estimate.memory} MB and {part}, prices of {estimate.prices_of}: ",
        Link(estimate.source),
    )
    month = money(estimate.total_per_month)
    summary = f"Cost: {month} for {estimate.calls_per_month:,} predictions a month"
    return [Details(summary, (Table(("", ""), rows, numeric=(1,)), Paragraph(basis)))]


def _machine(
    machine: VmPrice | None, break_even: int | None, money: Callable[[float], str]
) -> list[tuple[Line, Line]]:
    """What a machine that answers all month costs, and from when on it is the cheaper way."""
    if machine is None or break_even is None:
        return []
    start = f"{break_even:,} a month" if break_even else "the first call"
    return [
        ((f"{machine.name}, all month",), (money(machine.per_month),)),
        (("Cheaper on that machine from",), (start,)),
    ]


def _described(side: _Side) -> Line:
    return (Code(side[0].description),)


def _version(side: _Side) -> Line:
    return (Code(side[0].version),)


def _tier(side: _Side) -> Line:
    bundle, _ = side
    return (f"{bundle.tier}: {bundle.reason}",)


def _size(side: _Side) -> Line:
    bundle, _ = side
    return (numbers.size(bundle.zip_bytes),)


def _parity(side: _Side) -> Line:
    bundle, _ = side
    parity: Parity = bundle.parity
    labels = "all labels equal" if parity.labels_equal else "labels differ"
    return (
        f"{parity.rows:,} sample and {parity.boundary_rows:,} boundary rows: {labels}, "
        f"worst difference {numbers.difference(parity.max_abs_diff)}",
    )


def _cold_start(side: _Side) -> Line:
    bundle, _ = side
    start: ColdStart = bundle.cold_start
    ratio = start.seconds / start.bare_interpreter_seconds
    bare = numbers.seconds(start.bare_interpreter_seconds)
    return (Strong(numbers.seconds(start.seconds)), f", {ratio:.1f} × a bare interpreter ({bare})")


def _projected(side: _Side) -> Line:
    bundle, _ = side
    told = (f"{numbers.seconds(took)} at {memory} MB" for memory, took in bundle.projected_cold_start.items())
    return (", ".join(told) or numbers.NONE,)


def _original(side: _Side) -> Line:
    bundle, _ = side
    start = bundle.cold_start
    if start.original_seconds is None:
        return (numbers.NONE,)
    return (
        f"{numbers.seconds(start.original_seconds)}, {start.original_seconds / start.seconds:.0f} × as long",
    )


def _memory(side: _Side) -> Line:
    bundle, _ = side
    start = bundle.cold_start
    own = numbers.size(start.peak_rss_bytes)
    if start.original_peak_rss_bytes is None:
        return (own,)
    return (f"{own}, original library {numbers.size(start.original_peak_rss_bytes)}",)


def _cost(side: _Side) -> Line:
    _, estimate = side
    if estimate is None:
        return (numbers.NONE,)
    money = numbers.money(estimate.per_million_calls, estimate.currency)
    return (f"{money} on {estimate.cloud}, {estimate.memory} MB",)


FACTS: tuple[tuple[str, Callable[[_Side], Line]], ...] = (
    ("Version", _version),
    ("Model", _described),
    ("Tier", _tier),
    ("Function zip", _size),
    ("Parity", _parity),
    ("Cold start here", _cold_start),
    ("Cold start in the cloud, projected", _projected),
    ("Original library", _original),
    ("Memory", _memory),
    ("A million predictions", _cost),
)


def _example(columns: tuple[Column, ...]) -> dict[str, Any]:
    """A row from the middle of what the sample rows show."""
    return {column.name: _middle(column) for column in columns}


def _middle(column: Column) -> Any:
    if column.categories:
        return column.categories[0]
    if column.type == "boolean":
        return True
    if column.minimum is None or column.maximum is None:
        return None if column.type != "string" else ""
    middle = (column.minimum + column.maximum) / 2
    return round(middle) if column.type == "integer" else float(f"{middle:.4g}")
