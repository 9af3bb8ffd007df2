"""The words and the manifest of a version's release."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from emel.errors import RegistryError
from emel.records import Bundle, ModelVersion, Scalar, Snapshot, VersionManifest, from_json
from emel.system.files import sha256_of

MANIFEST_FORMAT = 1
MOST_ROWS = 40
"""Metrics and parameters that the description lists; the manifest has all."""


def manifest_of(
    *,
    version: ModelVersion,
    snapshot: Snapshot,
    bundle: Bundle,
    libraries: Mapping[str, str],
    files: Mapping[str, Path],
) -> VersionManifest:
    """What `manifest.json` of a version says. `files` are names in the release and where the files are here:
    the bundle, what stands beside its zip, and the model.
    """
    mounted = bundle.mounted
    named = msgspec.structs.replace(
        bundle,
        path=Path(bundle.path.name),
        answers=Path(bundle.answers.name),
        mounted=mounted and msgspec.structs.replace(mounted, path=Path(mounted.path.name)),
    )
    own = (bundle.path, mounted and mounted.path)
    return VersionManifest(
        format=MANIFEST_FORMAT,
        name=version.name,
        version=version.version,
        commit=version.commit,
        files={name: sha256_of(path) for name, path in files.items()},
        model_file=next(name for name, path in files.items() if path not in own),
        metrics=dict(sorted(snapshot.metrics.items())),
        params=dict(sorted(snapshot.params.items())),
        data=dict(sorted(snapshot.data.items())),
        libraries=dict(sorted(libraries.items())),
        bundle=named,
    )


def read_manifest(data: bytes, where: str) -> VersionManifest:
    """A manifest from its file. Errors: RegistryError when it is broken, or of another format."""
    try:
        manifest = from_json(data, VersionManifest)
    except msgspec.DecodeError as problem:
        raise RegistryError(
            f"the manifest of the version cannot be read: {problem}",
            where=where,
            hint="update emel, or register the version again",
        ) from problem
    if manifest.format != MANIFEST_FORMAT:
        raise RegistryError(
            f"the manifest has format {manifest.format}, this emel reads {MANIFEST_FORMAT}",
            where=where,
            hint="update emel",
        )
    return manifest


def description(version: str, snapshot: Snapshot, bundle: Bundle) -> str:
    """A release's description, in Markdown."""
    parity = bundle.parity
    rows = parity.rows + parity.boundary_rows
    lines = [
        f"{_code(bundle.description)}, trained at {snapshot.revision.commit}.",
        "",
        f"The function (`{bundle.tier}`, {bundle.zip_bytes:,} bytes) answers {rows:,} rows as the original "
        f"model does, to {parity.max_abs_diff:.2g}.",
        *_table("Metric", snapshot.metrics),
        *_table("Parameter", snapshot.params),
        *_table("Data and models", snapshot.data),
        "",
        f"Made again and compared: `emel model reproduce {bundle.name}@{version}`",
    ]
    return "\n".join(lines)


def _table(heading: str, values: Mapping[str, Scalar]) -> list[str]:
    if not values:
        return []
    rows = [f"| {_code(name)} | {_code(_shown(value))} |" for name, value in sorted(values.items())]
    more = [f"| and {len(rows) - MOST_ROWS} more | |"] if len(rows) > MOST_ROWS else []
    return ["", f"| {heading} | |", "| --- | --- |", *rows[:MOST_ROWS], *more]


def _shown(value: Scalar) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _code(text: str) -> str:
    """Text as code, in which GitLab sees no mention, link or command."""
    plain = " ".join(text.replace("`", "'").replace("|", "¦").split())
    return f"`{plain or ' '}`"
