"""Versions of models: what belongs to one, where it stands, whether it can be made again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from emel.cli import words
from emel.cli.render.tables import facts, table
from emel.records import (
    Bundle,
    Deprecation,
    Downloaded,
    ListedVersion,
    ModelVersion,
    Moved,
    Origin,
    Registration,
    ReleaseFile,
    Reproduction,
    Scalar,
    StageMove,
    VersionDetails,
)

OUTCOMES = {
    "bit-equal": ("the same to the last bit", "green"),
    "within-tolerance": ("the same within the tolerance", "green"),
    "different": ("DIFFERENT", "bold red"),
}


def registration(done: Registration) -> RenderableType:
    """The version, its release and files."""
    version = done.version
    lines: list[RenderableType] = [Text(f"{version.tag} at {version.commit[:8]}")]
    if done.release is None:
        lines.append(Text(f"No release, the tag alone: {done.reason}"))
        return Group(*lines)
    lines.append(Text(f"Release: {done.release}", overflow="fold"))
    return Group(*lines, _files(done.files))


def version_details(known: VersionDetails) -> RenderableType:
    """All that is known of a version."""
    version = known.version
    deployed = [
        f"{item.cloud}: version {item.number}" + (f" ({', '.join(item.tags)})" if item.tags else "")
        for item in known.deployed
    ]
    parts: list[RenderableType] = [
        facts(
            ("version", version.tag),
            ("commit", version.commit),
            ("registered", words.moment(version.created)),
            ("stages", ", ".join(known.stages) or "none"),
            ("deployed", "; ".join(deployed) or "nowhere that could be seen"),
            ("release", known.release or "none"),
            *_of_bundle(known.bundle, version.tag),
        ),
        *_values("metric", known.metrics),
        *_values("parameter", known.params),
        *_values("data and models", known.data),
    ]
    if known.files:
        parts += [Text(""), _files(known.files)]
    return Group(*parts, *(Text(f"Note: {note}") for note in known.notes))


def stage_move(move: StageMove) -> RenderableType:
    """Where the version stands, and what answers with it."""
    before = f", where {move.before} stood" if move.before not in (None, move.version.version) else ""
    shared = "pushed" if move.pushed else f"not pushed: {move.reason}"
    return Group(
        Text(f"{move.version.tag} stands in {move.stage}{before}"),
        Text(f"{move.endpoint.url} answers with it (version {move.endpoint.version.number} of the function)"),
        Text(f"Tag {move.tag}, {shared}"),
    )


def deprecation(done: Deprecation) -> RenderableType:
    """What was taken back."""
    shared = "pushed" if done.pushed else f"not pushed: {done.reason}"
    marked = done.release or f"not marked: {done.release_reason}"
    return Group(
        Text(f"{done.version.tag} is deprecated by the tag {done.tag}, {shared}"),
        Text(f"Release: {marked}"),
    )


def downloaded(done: Downloaded) -> RenderableType:
    """Which files are there now."""
    made = table("file", "")
    for name in done.fetched:
        made.add_row(name, "downloaded, digest verified")
    for name in done.kept:
        made.add_row(name, "was there, digest verified")
    return Group(Text(f"{done.version.tag} in {done.folder}"), made)


def reproduction(result: Reproduction) -> RenderableType:
    """Whether it came out the same, and what moved."""
    text, style = OUTCOMES[result.outcome]
    parts: list[RenderableType] = [
        Text.assemble(f"{result.version.tag} made again: ", (text, style)),
        facts(("environment", result.environment), ("time", words.seconds(result.seconds))),
        *_moved(f"metric beyond {result.tolerance:g}", result.metrics),
        *_moved("metric within", result.metrics_within),
        *_moved("file", result.files),
        *_moved("library", result.libraries),
    ]
    return Group(*parts, *(Text(f"Why: {reason}") for reason in result.reasons))


def origin(found: Origin) -> RenderableType:
    """Where an endpoint or a bundle came from."""
    parity = ", ".join(f"{name} {words.scalar(value)}" for name, value in found.parity.items())
    return Group(
        facts(
            ("source", found.source),
            ("model", f"{found.name} {found.version}"),
            ("commit", found.commit or "not known"),
            ("merge request", found.merge_request or "not known"),
            ("what", f"{found.description}, tier {found.tier}"),
            ("parity", parity or "not measured"),
            ("model file", found.model_digest or "not known"),
            ("sample rows", found.sample_digest or "not known"),
            ("made with", ", ".join(f"{name} {version}" for name, version in found.libraries.items()) or "–"),
        ),
        *_values("metric", found.metrics),
        *_values("data and models", found.data),
        *(Text(f"Note: {note}") for note in found.notes),
    )


def model_version(version: ModelVersion) -> RenderableType:
    """One version."""
    return Text(f"{version.tag} at {version.commit[:8]}")


def model_versions(versions: Sequence[ListedVersion]) -> RenderableType:
    """All versions, the newest first."""
    if not versions:
        return Text("no version yet; `emel model register` makes the first")
    made = table("version", "stages", "commit", "created", "tag")
    for version in versions:
        stages = ", ".join(version.stages)
        made.add_row(version.version, stages, version.commit[:8], words.moment(version.created), version.tag)
    return made


def _of_bundle(bundle: Bundle | None, tag: str) -> list[tuple[str, str]]:
    if bundle is None:
        return [("bundle", f"not at hand: `emel package --rev {tag}` makes it")]
    parity = bundle.parity
    rows = parity.rows + parity.boundary_rows
    return [
        ("bundle", f"{bundle.description}, tier {bundle.tier}, {words.size(bundle.zip_bytes)}"),
        ("parity", f"{rows:,} rows, largest difference {parity.max_abs_diff:.2g}"),
    ]


def _values(heading: str, values: Mapping[str, Scalar]) -> list[RenderableType]:
    if not values:
        return []
    made = table(heading, "")
    for name, value in sorted(values.items()):
        made.add_row(name, words.scalar(value))
    return [Text(""), made]


def _moved(heading: str, moved: Sequence[Moved]) -> list[RenderableType]:
    if not moved:
        return []
    made = table(heading, "recorded", "now")
    for item in moved:
        made.add_row(item.name, words.scalar(item.before), words.scalar(item.after))
    return [Text(""), made]


def _files(files: Sequence[ReleaseFile]) -> RenderableType:
    made = table("file", "size", "digest", right=("size",))
    for file in files:
        made.add_row(file.name, words.size(file.bytes), file.digest)
    return made
