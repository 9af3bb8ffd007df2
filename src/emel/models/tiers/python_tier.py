"""The python tier: the model's own file, opened in the function by its own libraries."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from emel.errors import UnsupportedModelError
from emel.lowering import Column, Made
from emel.lowering.labels import labels_of
from emel.lowering.original import Original, Row, form_of
from emel.lowering.values import Notes

PICKLES = (".joblib", ".pkl", ".pickle")
EMEL = ("emel", "emel_runtime")


def make(model: Any, columns: Sequence[Column], sample: Sequence[Row], source: Path) -> Made:
    """Errors: UnsupportedModelError for a file that is no pickle; a Predictor could open it."""
    # Before pandas is there: of what it loads by itself, much is not needed.
    loaded = [module for module in sys.modules.values() if isinstance(module, ModuleType)]
    form = form_of(model)
    if form != "rows" and source.suffix.lower() not in PICKLES:
        raise UnsupportedModelError(
            f"the python tier opens {', '.join(PICKLES)} by itself, and this is {source.name}",
            hint="write a Predictor that opens it, and name its file as `predictor` under [model]",
        )
    predictions, _ = Original(model, columns, probabilities=False).answers(sample)
    labels, outputs = labels_of(model, predictions)
    names = {module.__name__.partition(".")[0] for module in loaded} | (
        {"pandas"} if form == "frame" else set()
    )
    return Made(
        source.read_bytes(),
        labels,
        outputs,
        Notes(set(), set()),
        {"predictor": "predictor"} if form == "rows" else {"form": form},
        _requirements(names - sys.stdlib_module_names - set(EMEL)),
        _sources(loaded),
    )


def _requirements(names: Iterable[str]) -> str:
    """The packages that these modules came from, at the versions that are installed here."""
    by_module = importlib.metadata.packages_distributions()
    packages = {package for name in names for package in by_module.get(name, ())}
    return "".join(f"{package}=={importlib.metadata.version(package)}\n" for package in sorted(packages))


def _sources(loaded: Iterable[ModuleType]) -> dict[str, str]:
    """The modules that were found in a folder of the user's, none of an installed package or of emel."""
    found = {}
    for module in loaded:
        file = getattr(module, "__file__", None)
        parts = module.__name__.split(".")
        if not file or not file.endswith(".py") or parts[0] in EMEL or "site-packages" in file:
            continue
        name = "/".join(parts) + ("/__init__.py" if file.endswith("__init__.py") else ".py")
        if any(Path(folder, name) == Path(file) for folder in _users_folders()):
            found[name] = file
    return found


def _users_folders() -> list[str]:
    """Those of sys.path that the worker added: they come last (see worker.main)."""
    standard = Path(importlib.__file__).parents[1]
    return [folder for folder in sys.path if not Path(folder).is_relative_to(standard)]
