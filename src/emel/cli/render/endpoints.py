"""Plans, live endpoints, their tests, their state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from emel.cli import words
from emel.cli.render.tables import facts, passed, table
from emel.deploy import Plan, policy_text
from emel.records import (
    Destroyed,
    Doomed,
    Endpoint,
    EndpointReport,
    Finding,
    FunctionStatus,
    Gateway,
    Scaled,
    TagMove,
    VersionUse,
)


def plan_steps(plan: Plan) -> RenderableType:
    """What a deploy would do."""
    return Group(Text("Plan:"), *(Text(f"  {number}. {text}") for number, text in enumerate(plan.texts, 1)))


def endpoint(live: Endpoint) -> RenderableType:
    """A live address."""
    version = live.version
    state = "deployed" if live.changed else "unchanged"
    gateway = [("gateway", _gateway(live.gateway))] if live.gateway else []
    return facts(
        (live.tag, live.url),
        *gateway,
        ("version", f"{version.number} ({version.model_version}), {state}"),
        ("settings", f"{version.settings.memory} MB, up to {version.settings.max_instances} instances"),
    )


def _gateway(found: Gateway) -> str:
    shared = f", {found.canary_weight} % to {found.canary_tag}" if found.canary_tag else ""
    return f"{found.url} → {found.tag}{shared}"


def tag_move(move: TagMove) -> RenderableType:
    """A promotion or a rollback."""
    before = f"version {move.before}" if move.before is not None else "nothing"
    answers = move.url or "nothing answers now: `emel serve` starts the local platform"
    if move.weight < 100:
        share = f"{move.weight} % of {move.tag}'s requests go to version {move.after} ({move.model_version})"
        return Text(f"{move.function}: {share}, the others to version {move.before}\n{answers}")
    if move.ended_canary:
        back = f"the canary, version {move.before}, is ended; all requests go to version {move.after}"
        return Text(f"{move.function}: {move.tag}: {back} ({move.model_version})\n{answers}")
    if move.before == move.after:
        return Text(f"{move.function}: {move.tag} is at version {move.after} ({move.model_version}) already")
    moved = f"{move.function}: {move.tag} moved from {before} to version {move.after}"
    return Text(f"{moved} ({move.model_version})\n{answers}")


def scaled(change: Scaled) -> RenderableType:
    """A tag that scales otherwise now."""
    after = policy_text(change.after)
    if change.before == change.after:
        return Text(f"{change.function}: {change.tag} scales {after} already")
    return Text(f"{change.function}: {change.tag} scales {after} from now on")


def findings(found: Sequence[Finding]) -> RenderableType:
    """What a doctor saw."""
    made = table("", "looked at", "seen")
    for finding in found:
        made.add_row(_MARKS[finding.ok], finding.what, Text(finding.detail))
    return made


_MARKS = {True: "ok", False: "MISSING", None: "?"}


def doomed(what: Doomed) -> RenderableType:
    """What is about to be deleted."""
    gateway = [Text(f"API gateway {what.gateway}")] if what.gateway else []
    stored = [
        Text(f"in bucket {each.bucket}: {each.objects} objects of it, {words.size(each.bytes)}")
        for each in what.stored
    ]
    made = table("version", "model", "tags", "created")
    for version in what.versions:
        tags = ", ".join(version.tags) or "–"
        made.add_row(str(version.number), version.model_version, tags, words.moment(version.created))
    return Group(
        Text(f"On {what.cloud}: function {what.function}, with all its versions"), made, *gateway, *stored
    )


def destroyed(done: Destroyed) -> RenderableType:
    """What is gone."""
    if not done.functions:
        return Text(f"there was nothing of this project on {done.cloud}")
    return Text(f"deleted on {done.cloud}: {', '.join(done.functions)}")


def endpoint_report(report: EndpointReport) -> RenderableType:
    """The checks of an endpoint."""
    made = table("check", "", "seen", "time", right=("time",))
    for check in report.checks:
        made.add_row(check.name, passed(check.passed), Text(check.detail), words.seconds(check.seconds))
    routes = ", routes by ?route=" if report.routes == "query" else ""
    parts: list[RenderableType] = [
        Text(f"{report.url} ({report.model_version or 'unknown version'}{routes})"),
        made,
    ]
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


def statuses(functions: Sequence[FunctionStatus], cloud: str) -> RenderableType:
    """All functions of a cloud with their versions and counters."""
    if not functions:
        return Text(
            f"nothing is deployed on {cloud}; `emel deploy --to {cloud}` deploys the working tree's model"
        )
    return Group(*(_status(item) for item in functions))


def _trials(status: FunctionStatus, number: int) -> Iterator[str]:
    """The tags whose canary the version is: "prod 10 %"."""
    for tag, canary in sorted(status.canaries.items()):
        if canary.version == number:
            yield f"{tag} {canary.weight} %"


def _status(status: FunctionStatus) -> RenderableType:
    made = table("version", "model", "tags", "memory", "created", right=("memory",))
    for version in status.versions:
        made.add_row(
            str(version.number),
            version.model_version,
            ", ".join((*version.tags, *_trials(status, version.number))) or "–",
            f"{version.settings.memory} MB",
            words.moment(version.created),
        )
    gateway = [Text(f"gateway {_gateway(status.gateway)}", overflow="fold")] if status.gateway else []
    return Group(
        Text(status.function, style="bold"), made, *_uses(status.uses), *gateway, Text(_summary(status))
    )


def _uses(uses: Sequence[VersionUse]) -> Iterator[RenderableType]:
    """The bill by version, and what the same calls would cost on each cloud."""
    clouds = list(dict.fromkeys(cost.cloud for use in uses for cost in use.costs))
    heads = ["calls", "errors", "429", "cold starts", "billed", *(f"on {cloud}" for cloud in clouds)]
    if not any(use.calls or use.refused for use in uses):
        return
    made = table("version", *heads, right=heads)
    for use in uses:
        amounts = {cost.cloud: f"{cost.amount:.3g} {cost.currency}" for cost in use.costs}
        counted = (f"{count:,}" for count in (use.calls, use.errors, use.refused, use.cold_starts))
        billed = f"{use.billed_gb_seconds:,.4g} GB·s"
        made.add_row(str(use.version), *counted, billed, *(amounts.get(cloud, "–") for cloud in clouds))
    yield made
    if clouds:
        note = (
            "What the same calls would cost elsewhere is projected from their mean time, without a free tier."
        )
        yield Text(note, style="dim")


def _summary(status: FunctionStatus) -> str:
    cold = "" if status.cold_share is None else f" ({100 * status.cold_share:.3g} %)"
    named = (("p50", status.p50_seconds), ("p95", status.p95_seconds), ("p99", status.p99_seconds))
    latency = "".join(f", {name} {words.seconds(value)}" for name, value in named if value is not None)
    plural = "" if status.instances == 1 else "s"
    now = "" if status.instances is None else f", {status.instances} instance{plural} now"
    since = "" if status.since is None else f", since {words.moment(status.since)}"
    return (
        f"{status.calls:,} calls, {status.errors} errors, {status.cold_starts} cold starts{cold}"
        f"{now}{latency}, {status.billed_gb_seconds:,.4g} GB·s billed{since}"
    )
