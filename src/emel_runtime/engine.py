"""Opens the model that the manifest names, after checking that it is the one that was proved."""

from __future__ import annotations

from emel_runtime.contract import STORAGE
from emel_runtime.lean import digest, digest_of_file
from emel_runtime.pure import CorruptModel, load
from emel_runtime.settings import STORAGE_VARIABLE, setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Protocol

    class Model(Protocol):
        """What a tier makes of its file. `labels` is empty for regression."""

        labels: list[Any]

        def answer(self, rows: Sequence[Sequence[float | str | None]]) -> tuple[list[Any], Any]:
            """Predictions, and probabilities in the order of `labels` or None. Errors: Unanswerable."""
            ...


def open_model(root: str, manifest: Mapping[str, Any]) -> Model:
    """The model of the bundle in the folder `root`, or in the folder that the bundle's mount is.

    Errors: CorruptModel when the file is not the one that the manifest describes, OSError; of the tiers that
    bring libraries, whatever these raise.
    """
    entry, tier, engine = manifest["model"], manifest["tier"], manifest.get("engine", {})
    path = f"{_folder(root, entry)}/{entry['file']}"
    data = b""
    if tier == "python":
        # Its libraries open the file themselves, and a second copy of a large one may not fit.
        found = digest_of_file(path)
    else:
        with open(path, "rb") as file:  # noqa: PTH123
            data = file.read()
        found = digest(data)
    if found != entry["digest"]:
        raise CorruptModel(f"{entry['file']} has another digest than the manifest says")
    if tier == "pure":
        return load(data)
    # A bundle holds the module of its own tier alone.
    if tier == "onnx":
        from emel_runtime.onnx_tier import OnnxModel

        return OnnxModel(data, engine, manifest["signature"]["labels"])
    if tier == "python":
        from emel_runtime.python_tier import OwnPredictor, PythonModel

        if "predictor" in engine:
            return OwnPredictor(path, engine["predictor"], manifest["signature"])
        return PythonModel(path, engine["form"], manifest["signature"])
    raise CorruptModel(f"this runtime has no tier {tier!r}")


def _folder(root: str, entry: Mapping[str, Any]) -> str:
    """Where the model's file is to be looked for."""
    if "mount" not in entry:
        return root
    return f"{setting(STORAGE_VARIABLE) or STORAGE}/{entry['mount']}"
