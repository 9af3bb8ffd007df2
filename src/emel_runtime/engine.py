"""Opens the model that the manifest names, after checking that it is the one that was proved."""

from __future__ import annotations

from emel_runtime.lean import digest
from emel_runtime.pure import CorruptModel, load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from emel_runtime.pure import Model


def open_model(root: str, manifest: Mapping[str, Any]) -> Model:
    """The model of the bundle in the folder `root`, for the one tier there is.

    Errors: CorruptModel when the file is not the one that the manifest describes, OSError.
    """
    entry = manifest["model"]
    if manifest["tier"] != "pure":
        raise CorruptModel(f"this runtime has no tier {manifest['tier']!r}")
    with open(f"{root}/{entry['file']}", "rb") as file:  # noqa: PTH123
        data = file.read()
    if digest(data) != entry["digest"]:
        raise CorruptModel(f"{entry['file']} has another digest than the manifest says")
    return load(data)
