"""What a simulation came to."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from emel.cli import words
from emel.cli.render.tables import facts, table
from emel.records import Simulation, SimulationPoint

ROWS = 12


def simulation(result: Simulation) -> RenderableType:
    """The totals, and how it went over time."""
    settings = result.settings
    return Group(
        Text(f"{result.pattern} for {words.span(result.seconds)} on {result.cloud}: nothing was run"),
        facts(
            (
                "function",
                f"{settings.memory} MB, up to {settings.max_instances} instances, "
                f"{settings.provisioned} provisioned, ended after {settings.idle_seconds:g} s idle",
            ),
            ("cold start", words.seconds(result.start_seconds)),
            ("warm call", words.seconds(result.call_seconds)),
            ("requests", _requests(result)),
            ("cold", f"{result.cold_starts:,} of the calls, {_share(result.cold_starts, result.answered)}"),
            ("latency", _latency(result)),
            ("instances", f"{result.mean_instances:.2g} on the mean, {result.most_instances} at most"),
            ("bill", _bill(result)),
        ),
        _over_time(result),
        *(Text(f"Assumed: {text}.", style="dim") for text in result.assumptions),
    )


def _requests(result: Simulation) -> str:
    refused = f"{result.refused:,} refused with 429 ({_share(result.refused, result.requests)})"
    ended = f"{result.timeouts:,} timed out with 504"
    return f"{result.requests:,}: {result.answered:,} answered, {refused}, {ended}"


def _latency(result: Simulation) -> str:
    if result.p50_seconds is None or result.p95_seconds is None or result.p99_seconds is None:
        return "no request was answered"
    named = (("p50", result.p50_seconds), ("p95", result.p95_seconds), ("p99", result.p99_seconds))
    return ", ".join(f"{name} {words.seconds(value)}" for name, value in named)


def _bill(result: Simulation) -> str:
    billed = f"{result.billed_gb_seconds:,.4g} GB·s"
    if result.cost is None or result.cost_per_month is None or result.currency is None:
        return f"{billed}; nothing to pay on this machine"
    month = words.money(result.cost_per_month, result.currency)
    return (
        f"{words.money(result.cost, result.currency)} for {billed}; {month} a month like this, free tier "
        f"included (prices of {result.prices_of})"
    )


def _over_time(result: Simulation) -> RenderableType:
    heads = ["until", "requests", "429", "cold starts", "instances", "queue", "p95", "billed"]
    made = table(*heads, right=heads)
    size = max(1, len(result.points) // ROWS)
    for start in range(0, len(result.points), size):
        made.add_row(*_row(result.points[start : start + size], result.currency))
    return made


def _row(points: tuple[SimulationPoint, ...], currency: str | None) -> tuple[str, ...]:
    last = points[-1]
    worst = max((point.p95_seconds for point in points if point.p95_seconds is not None), default=None)
    return (
        words.span(last.seconds),
        f"{sum(point.requests for point in points):,}",
        f"{sum(point.refused for point in points):,}",
        f"{sum(point.cold_starts for point in points):,}",
        str(max(point.instances for point in points)),
        str(max(point.waiting for point in points)),
        "–" if worst is None else words.seconds(worst),
        f"{last.billed_gb_seconds:,.4g} GB·s"
        if last.cost is None or currency is None
        else words.money(last.cost, currency),
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.3g} %" if whole else "none"
