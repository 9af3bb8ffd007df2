"""Opens the model that the manifest names, after checking that it is the one that was proved."""

from __future__ import annotations

from emel_runtime.lean import digest
from emel_runtime.pure import CorruptModel, load

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
    """The model of the bundle in the folder `root`.

    Errors: CorruptModel when the file is not the one that the manifest describes, OSError; of the tiers that
    bring libraries, whatever these raise.
    """
    entry, tier, engine = manifest["model"], manifest["tier"], manifest.get("engine", {})
    path = f"{root}/{entry['file']}"
    with open(path, "rb") as file:  # noqa: PTH123
        data = file.read()
    if digest(data) != entry["digest"]:
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
