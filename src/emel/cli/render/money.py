"""What predictions cost."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from emel.cli import words
from emel.cli.render.tables import facts, table
from emel.records import Estimate, VmPrice

SECONDS_A_MONTH = 720 * 3600


def estimate(result: Estimate) -> RenderableType:
    """What predictions cost, in which memory class the least, and where a machine becomes cheaper."""
    return Group(
        Text(f"{result.cloud}, prices of {result.prices_of} ({result.currency}); {result.source}"),
        facts(
            ("function", f"{result.memory} MB, {words.processors(result.processor_share)}"),
            (
                "one call",
                f"{words.seconds(result.seconds_per_call)} projected, billed as "
                f"{words.seconds(result.billed_seconds_per_call)}",
            ),
            (
                "cold start",
                f"{words.seconds(result.projected_cold_start_seconds)} projected, the process alone",
            ),
            ("a million calls", f"{words.money(result.per_million_calls, result.currency)}, no free tier"),
            *_elsewhere(result),
            *_month(result),
            *_machine("a small machine", result, result.vm, result.break_even_calls_per_month),
            *_machine(
                "preemptible", result, result.preemptible, result.preemptible_break_even_calls_per_month
            ),
        ),
        Text("\nmemory classes"),
        _classes(result),
        Text(_cheapest(result)),
    )


def _elsewhere(result: Estimate) -> list[tuple[str, str]]:
    return [
        (
            f"on {other.cloud}",
            f"{words.money(other.amount, other.currency)} for the same million, prices of {other.prices_of}",
        )
        for other in result.elsewhere
    ]


def _month(result: Estimate) -> list[tuple[str, str]]:
    currency = result.currency
    calls = f"for {result.calls_per_month:,} calls, free tier included"
    lines = [("a month", f"{words.money(result.per_month, currency)} {calls}")]
    lines += [
        (line.what, f"{words.money(line.per_month, currency)}: {line.detail}") for line in result.extras
    ]
    lines += [(what, "not counted: no price known") for what in result.without_price]
    if result.extras:
        lines.append(
            (
                "in all",
                f"{words.money(result.total_per_month, currency)} a month, which is held against machines",
            )
        )
    return lines


def _machine(
    what: str, result: Estimate, machine: VmPrice | None, calls: int | None
) -> tuple[tuple[str, str], ...]:
    if machine is None or calls is None:
        return ((what, "not compared: no price known"),)
    price = f"{words.money(machine.per_month, result.currency)} a month ({machine.name})"
    if calls == 0:
        return ((what, f"{price}, cheaper at any number of calls"),)
    rate = f"{calls / SECONDS_A_MONTH:.3g} a second all day"
    return ((what, f"{price}, cheaper from {calls:,} calls a month, {rate}"),)


def _classes(result: Estimate) -> Table:
    numbers = ("memory", "one call", "billed as", "cold start", "a million calls", "a month")
    made = table(*numbers, "", right=numbers)
    for one in result.classes:
        notes = (
            "set" if one.memory == result.memory else "",
            "cheapest" if one.memory == result.cheapest_memory else "",
            f"too small: {one.refused}" if one.refused else "",
        )
        made.add_row(
            f"{one.memory:,} MB",
            words.seconds(one.seconds_per_call),
            words.seconds(one.billed_seconds_per_call),
            words.seconds(one.projected_cold_start_seconds),
            words.money(one.per_million_calls, result.currency),
            words.money(one.per_month, result.currency),
            Text(", ".join(note for note in notes if note)),
        )
    return made


def _cheapest(result: Estimate) -> str:
    best = result.cheapest_memory
    if best is None:
        return "No memory class holds this function and answers within the timeout."
    if best == result.memory:
        return f"{best} MB, as set, is the cheapest; of classes at one price it is the fastest."
    return f"{best} MB is the cheapest, of classes at one price the fastest: emel cost --memory {best}"
