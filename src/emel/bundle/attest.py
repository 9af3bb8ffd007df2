"""Writes what parity found into the manifest of the zip that was proved."""

from __future__ import annotations

import json
import math
import zipfile

from emel.bundle.manifest import open_manifest
from emel.bundle.zipping import write_zip
from emel.records import BuiltZip, Parity
from emel.system.files import sha256_of
from emel_runtime.contract import MANIFEST


def attest(built: BuiltZip, parity: Parity) -> BuiltZip:
    """The same zip with `parity` in its manifest; see emel_runtime.contract. Errors: BundleError."""
    manifest = open_manifest(built.path)
    manifest["parity"] = {
        "rows": parity.rows,
        "boundary_rows": parity.boundary_rows,
        "tolerance": parity.tolerance,
        "max_abs_diff": _power_above(parity.max_abs_diff),
        "labels_equal": parity.labels_equal,
    }
    with zipfile.ZipFile(built.path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files[MANIFEST] = (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()
    write_zip(built.path, files)
    return BuiltZip(
        path=built.path,
        digest=sha256_of(built.path),
        zip_bytes=built.path.stat().st_size,
        bytecode=built.bytecode,
    )


def _power_above(difference: float) -> float:
    """The power of ten at or above a difference. Its digits hang on the processor that made them, and would
    make another zip on each kind of machine."""
    return float(f"1e{math.ceil(math.log10(difference))}") if difference else 0.0
