"""Writes what parity found into the manifest of the zip that was proved."""

from __future__ import annotations

import json
import math

import msgspec

from emel.bundle.manifest import open_manifest
from emel.bundle.zipping import replace_last
from emel.records import BuiltZip, Parity
from emel.system.files import sha256_of


def attest(built: BuiltZip, parity: Parity) -> BuiltZip:
    """The same zip with `parity` in its manifest; see emel_runtime.contract. Errors: BundleError."""
    manifest = open_manifest(built.path)
    manifest["parity"] = {
        "python": parity.python,
        "rows": parity.rows,
        "boundary_rows": parity.boundary_rows,
        "tolerance": parity.tolerance,
        "max_abs_diff": _power_above(parity.max_abs_diff),
        "labels_equal": parity.labels_equal,
    }
    replace_last(built.path, (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode())
    return msgspec.structs.replace(built, digest=sha256_of(built.path), zip_bytes=built.path.stat().st_size)


def _power_above(difference: float) -> float:
    """The power of ten at or above a difference. Its digits hang on the processor that made them, and would
    make another zip on each kind of machine."""
    return float(f"1e{math.ceil(math.log10(difference))}") if difference else 0.0
