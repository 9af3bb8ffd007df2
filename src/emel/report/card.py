"""What is known of the model as a function: its card, endpoint, answers beside production's, and price."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from typing import Any

from emel.records import Bundle, ColdStart, Column, Endpoint, Estimate, FlippedRow, Parity, Shadow
from emel.report import numbers
from emel.report.blocks import Block, Code, CodeBlock, Details, Heading, Line, Link, Paragraph, Strong, Table

SHOWN_ROWS = 10


def model_section(candidate: Bundle, base: Bundle | None) -> list[Block]:
    """The model card: what it is, how large, how exact, how fast to start; beside the base's, if known."""
    bundles = [base, candidate] if base else [candidate]
    header = ("", "Base", "Candidate") if base else ("", "Candidate")
    rows = tuple(((label,), *(fact(bundle) for bundle in bundles)) for label, fact in FACTS)
    return [Heading("Model"), Table(header, rows)]


def endpoint_section(endpoint: Endpoint, bundle: Bundle | None) -> list[Block]:
    """Where it answers, and a line to try it with."""
    url = endpoint.url
    answers: Line = ("Version ", Code(endpoint.version.model_version), " answers at ", Link(url), ".")
    if bundle is None:
        return [Heading("Endpoint"), Paragraph(answers)]
    row = json.dumps(_example(bundle.signature.columns), ensure_ascii=False)
    address = shlex.quote(f"{url}/predict")
    command = f"curl -s {address} -H 'Content-Type: application/json' -d {shlex.quote(row)}"
    return [Heading("Endpoint"), Paragraph(answers), CodeBlock(command, "shell")]


def shadow_section(shadow: Shadow) -> list[Block]:
    """The candidate's answers beside production's."""
    said: Line = (
        Strong(numbers.share(shadow.agreement)),
        f" of {shadow.rows:,} sample rows get the same answer as in production. The numbers behind "
        f"them differ by {numbers.scalar(shadow.mean_abs_diff)} on average and "
        f"{numbers.scalar(shadow.max_abs_diff)} at most.",
    )
    blocks: list[Block] = [Heading("Beside production"), Paragraph(said)]
    if shadow.flipped:
        count = len(shadow.flipped)
        what = "1 row with another answer" if count == 1 else f"{count:,} rows with another answer"
        shown = what if count <= SHOWN_ROWS else f"{what}, the {SHOWN_ROWS} that differ most"
        blocks.append(Details(shown, (_flipped(shadow.flipped[:SHOWN_ROWS]),)))
    return blocks


def cost_section(estimate: Estimate) -> list[Block]:
    """What predictions cost, and from when on a machine of one's own is cheaper."""

    def money(value: float) -> str:
        return numbers.money(value, estimate.currency)

    rows: tuple[tuple[Line, ...], ...] = (
        (("1,000,000 predictions",), (money(estimate.per_million_calls),)),
        ((f"A month of {estimate.calls_per_month:,}, free tier included",), (money(estimate.per_month),)),
        ((f"{estimate.vm.name}, all month",), (money(estimate.vm.per_month),)),
        (("Cheaper on that machine from",), (f"{estimate.break_even_calls_per_month:,} a month",)),
        (("Seconds per prediction, projected",), (numbers.seconds(estimate.seconds_per_call),)),
        (("Cold start, projected",), (numbers.seconds(estimate.projected_cold_start_seconds),)),
    )
    basis: Line = (
        f"{estimate.cloud}, {estimate.memory} MB and {numbers.share(estimate.processor_share)} of "
        f"a processor, prices of {estimate.prices_of}: ",
        Link(estimate.source),
    )
    return [Heading("Cost"), Table(("", ""), rows, numeric=(1,)), Paragraph(basis)]


def _described(bundle: Bundle) -> Line:
    return (Code(bundle.description),)


def _version(bundle: Bundle) -> Line:
    return (Code(bundle.version),)


def _tier(bundle: Bundle) -> Line:
    return (f"{bundle.tier}: {bundle.reason}",)


def _size(bundle: Bundle) -> Line:
    return (numbers.size(bundle.zip_bytes),)


def _parity(bundle: Bundle) -> Line:
    parity: Parity = bundle.parity
    labels = "all labels equal" if parity.labels_equal else "labels differ"
    return (
        f"{parity.rows:,} sample and {parity.boundary_rows:,} boundary rows: {labels}, "
        f"worst difference {numbers.difference(parity.max_abs_diff)}",
    )


def _cold_start(bundle: Bundle) -> Line:
    start: ColdStart = bundle.cold_start
    ratio = start.seconds / start.bare_interpreter_seconds
    bare = numbers.seconds(start.bare_interpreter_seconds)
    return (Strong(numbers.seconds(start.seconds)), f", {ratio:.1f} × a bare interpreter ({bare})")


def _projected(bundle: Bundle) -> Line:
    told = (f"{numbers.seconds(took)} at {memory} MB" for memory, took in bundle.projected_cold_start.items())
    return (", ".join(told) or numbers.NONE,)


def _original(bundle: Bundle) -> Line:
    start = bundle.cold_start
    if start.original_seconds is None:
        return (numbers.NONE,)
    return (
        f"{numbers.seconds(start.original_seconds)}, {start.original_seconds / start.seconds:.0f} × as long",
    )


def _memory(bundle: Bundle) -> Line:
    start = bundle.cold_start
    own = numbers.size(start.peak_rss_bytes)
    if start.original_peak_rss_bytes is None:
        return (own,)
    return (f"{own}, original library {numbers.size(start.original_peak_rss_bytes)}",)


FACTS: tuple[tuple[str, Callable[[Bundle], Line]], ...] = (
    ("Version", _version),
    ("Model", _described),
    ("Tier", _tier),
    ("Function zip", _size),
    ("Parity", _parity),
    ("Cold start here", _cold_start),
    ("Cold start in the cloud, projected", _projected),
    ("Original library", _original),
    ("Memory", _memory),
)


def _flipped(rows: tuple[FlippedRow, ...]) -> Table:
    return Table(
        ("Row", "Production", "Candidate", "Difference"),
        tuple(
            (
                (str(row.row),),
                (Code(numbers.scalar(row.production)),),
                (Code(numbers.scalar(row.candidate)),),
                (numbers.scalar(row.difference),),
            )
            for row in rows
        ),
        numeric=(0, 3),
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
