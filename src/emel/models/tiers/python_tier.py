"""The python tier: the model's own file, opened in the function by its own libraries."""

from __future__ import annotations

import importlib.metadata
import re
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
OURS = ("emel", "emel_runtime")
MOST_OBJECTS = 100_000
"""Of a model, those that are looked at for their class. What lies deeper is of the same libraries."""


def make(model: Any, columns: Sequence[Column], sample: Sequence[Row], source: Path) -> Made:
    """Errors: UnsupportedModelError for a file that is no pickle; a Predictor could open it."""
    form = form_of(model)
    if form != "rows" and source.suffix.lower() not in PICKLES:
        raise UnsupportedModelError(
            f"the python tier opens {', '.join(PICKLES)} by itself, and this is {source.name}",
            hint="write a Predictor that opens it, and name its file as `predictor` under [model]",
        )
    predictions, _ = Original(model, columns, probabilities=False).answers(sample)
    labels, outputs = labels_of(model, predictions)
    own = _users_modules()
    names = {
        *_libraries_of([model, *(list(vars(module).values()) for module in own.values())]),
        *(["pandas"] if form == "frame" else []),
        *(["joblib"] if source.suffix == ".joblib" else []),
    }
    return Made(
        source.read_bytes(),
        labels,
        outputs,
        Notes(set(), set()),
        {"predictor": "predictor"} if form == "rows" else {"form": form},
        _requirements(names),
        {name: str(module.__file__) for name, module in own.items()},
    )


def _users_modules() -> dict[str, ModuleType]:
    """Path below a folder of the user's → module that was loaded from there; no installed package's."""
    standard = Path(importlib.__file__).parents[1]
    folders = [Path(folder) for folder in sys.path if not Path(folder).is_relative_to(standard)]
    found = {}
    for module in list(sys.modules.values()):
        parts, file = module.__name__.split("."), getattr(module, "__file__", None) or ""
        if not file.endswith(".py") or parts[0] in (*OURS, "__main__") or "site-packages" in file:
            continue
        name = "/".join(parts) + ("/__init__.py" if file.endswith("__init__.py") else ".py")
        if any(folder / name == Path(file) for folder in folders):
            found[name] = module
    return found


def _libraries_of(start: list[Any]) -> set[str]:
    """The top-level modules of the classes of all objects that these hold, and of functions and modules."""
    found: set[str] = set()
    seen: set[int] = set()
    left = list(start)
    while left and len(seen) < MOST_OBJECTS:
        one = left.pop()
        if id(one) in seen or one is None or isinstance(one, str | bytes | int | float):
            continue
        seen.add(id(one))
        if isinstance(one, ModuleType):
            found.add(one.__name__.partition(".")[0])
        elif isinstance(one, dict):
            left += [*one, *one.values()]
        elif isinstance(one, list | tuple | set):
            left += one
        else:
            for about in (one, type(one)):
                found.add(str(getattr(about, "__module__", "")).partition(".")[0])
            if not isinstance(one, type):
                left += getattr(one, "__dict__", {}).values()
    return found


def _requirements(names: Iterable[str]) -> str:
    """The packages that these modules came from, and all that they require, at the versions that are here."""
    by_module = importlib.metadata.packages_distributions()
    left = [package for name in names for package in by_module.get(name, ()) if name not in OURS]
    pinned: dict[str, str] = {}
    while left:
        name = re.sub(r"[-_.]+", "-", left.pop()).lower()
        try:
            package = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            # Required for another system only, such as a shim for Windows.
            continue
        if name not in pinned:
            pinned[name] = package.version
            needed = [line for line in package.requires or () if "extra ==" not in line]
            left += [found[0] for line in needed if (found := re.match(r"[\w.-]+", line))]
    return "".join(f"{name}=={pinned[name]}\n" for name in sorted(pinned))
