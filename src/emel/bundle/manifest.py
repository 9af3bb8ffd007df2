"""Reads a bundle's manifest, and checks that the bundle is what the manifest says."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

from emel.errors import BundleError
from emel_runtime.contract import HANDLER, MANIFEST, MANIFEST_FORMAT

HINT = "make the bundle again with `emel package`"


def open_manifest(zip_path: Path) -> dict[str, Any]:
    """The manifest of a bundle, whose files are all there with the digests that it names.

    Its shape is in emel_runtime.contract. Errors: BundleError.
    """
    where = str(zip_path)
    try:
        with zipfile.ZipFile(zip_path) as archive:
            found = {name: archive.read(name) for name in archive.namelist()}
    except FileNotFoundError:
        raise BundleError("there is no such bundle", where=where, hint=HINT) from None
    except (OSError, zipfile.BadZipFile, zlib.error) as problem:
        raise BundleError(f"this is no zip that can be read: {problem}", where=where, hint=HINT) from problem
    manifest = _manifest(found.pop(MANIFEST, None), where)
    expected = manifest["files"]
    for name in sorted(expected.keys() | found.keys() | {HANDLER}):
        if name not in found:
            raise BundleError(f"the bundle lacks {name}", where=where, hint=HINT)
        if name not in expected:
            raise BundleError(
                f"the bundle holds {name}, which its manifest does not name", where=where, hint=HINT
            )
        if "sha256:" + hashlib.sha256(found[name]).hexdigest() != expected[name]:
            raise BundleError(f"{name} was changed after the bundle was made", where=where, hint=HINT)
    return manifest


def _manifest(data: bytes | None, where: str) -> dict[str, Any]:
    if data is None:
        raise BundleError(f"this zip is no emel bundle: it has no {MANIFEST}", where=where, hint=HINT)
    try:
        manifest: dict[str, Any] = json.loads(data)
        version, _ = manifest["format"], manifest["files"]
    except (ValueError, KeyError, TypeError) as problem:
        raise BundleError(f"{MANIFEST} cannot be read: {problem!r}", where=where, hint=HINT) from problem
    if version != MANIFEST_FORMAT:
        raise BundleError(
            f"the bundle has format {version}, this emel reads {MANIFEST_FORMAT}", where=where, hint=HINT
        )
    return manifest
