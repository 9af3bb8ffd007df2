"""The OpenAPI document with which a bundle's function describes itself."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

from emel.errors import BundleError
from emel_runtime.contract import MANIFEST
from emel_runtime.openapi import document


def contract_of(zip_path: Path) -> dict[str, Any]:
    """The document that the function answers at `/openapi.json`. Errors: BundleError."""
    try:
        with zipfile.ZipFile(zip_path) as archive:
            return document(json.loads(archive.read(MANIFEST)))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as problem:
        raise BundleError(
            f"the bundle's manifest cannot be read: {problem}",
            where=str(zip_path),
            hint="package again with `emel package`",
        ) from problem
