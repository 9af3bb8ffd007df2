"""Plans, live endpoints, their tests, their state."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from emel.cli import words
from emel.cli.render.tables import facts, passed, table
from emel.deploy import Plan
from emel.records import Endpoint, EndpointReport, FunctionStatus, Shadow, TagMove

FLIPPED_SHOWN = 5


def plan_steps(plan: Plan) -> RenderableType:
    """What a deploy would do."""
    return Group(Text("Plan:"), *(Text(f"  {number}. {text}") for number, text in enumerate(plan.texts, 1)))


def endpoint(live: Endpoint) -> RenderableType:
    """A live address."""
    version = live.version
    state = "deployed" if live.changed else "unchanged"
    return facts(
        (live.tag, live.url),
        ("version", f"{version.number} ({version.model_version}), {state}"),
        ("settings", f"{version.settings.memory} MB, up to {version.settings.max_instances} instances"),
    )


def tag_move(move: TagMove) -> RenderableType:
    """A promotion or a rollback."""
    before = f"version {move.before}" if move.before is not None else "nothing"
    if move.before == move.after:
        return Text(f"{move.function}: {move.tag} is at version {move.after} ({move.model_version}) already")
    moved = f"{move.function}: {move.tag} moved from {before} to version {move.after}"
    answers = move.url or "nothing answers now: `emel serve` starts the local platform"
    return Text(f"{moved} ({move.model_version})\n{answers}")


def endpoint_report(report: EndpointReport) -> RenderableType:
    """The checks of an endpoint."""
    made = table("check", "", "seen", "time", right=("time",))
    for check in report.checks:
        made.add_row(check.name, passed(check.passed), Text(check.detail), words.seconds(check.seconds))
    parts: list[RenderableType] = [Text(f"{report.url} ({report.model_version or 'unknown version'})"), made]
    if report.latency:
        timing = report.latency
        parts.append(
            Text(
                f"Latency of {timing.requests} requests: first {words.seconds(timing.first_seconds)}, "
                f"p50 {words.seconds(timing.p50_seconds)}, "
                f"p95 {words.seconds(timing.p95_seconds)}, p99 {words.seconds(timing.p99_seconds)}"
            )
        )
    return Group(*parts)


def shadow(result: Shadow) -> RenderableType:
    """Two endpoints' answers to the same rows."""
    summary = Text(
        f"{result.agreement:.1%} of {result.rows} rows agree, {len(result.flipped)} flipped; "
        f"largest difference {result.max_abs_diff:.3g}, mean {result.mean_abs_diff:.3g}"
    )
    if not result.flipped:
        return summary
    made = table("row", "production", "candidate", "difference", right=("row", "difference"))
    for row in result.flipped[:FLIPPED_SHOWN]:
        made.add_row(
            str(row.row), words.scalar(row.production), words.scalar(row.candidate), f"{row.difference:.3g}"
        )
    hidden = len(result.flipped) - FLIPPED_SHOWN
    return (
        Group(summary, made, Text(f"… and {hidden} more; --json lists all"))
        if hidden > 0
        else Group(summary, made)
    )


def statuses(functions: Sequence[FunctionStatus]) -> RenderableType:
    """All functions with their versions and counters."""
    if not functions:
        return Text("nothing is deployed; `emel deploy --to local` deploys the model of the working tree")
    return Group(*(_status(item) for item in functions))


def _status(status: FunctionStatus) -> RenderableType:
    made = table("version", "model", "tags", "memory", "created", right=("memory",))
    for version in status.versions:
        made.add_row(
            str(version.number),
            version.model_version,
            ", ".join(version.tags) or "–",
            f"{version.settings.memory} MB",
            words.moment(version.created),
        )
    latency = (
        f", p50 {words.seconds(status.p50_seconds)}, p99 {words.seconds(status.p99_seconds)}"
        if status.p50_seconds is not None and status.p99_seconds is not None
        else ""
    )
    counters = (
        f"{status.calls} calls, {status.errors} errors, {status.cold_starts} cold starts, "
        f"{status.instances} instances now{latency}, {status.billed_gb_seconds:.4g} GB·s billed"
    )
    return Group(Text(status.function, style="bold"), made, Text(counters))
