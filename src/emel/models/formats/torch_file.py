"""PyTorch: programs that torch.export.save wrote (.pt2), and whole modules that torch.save wrote.

PyTorch is the project's own, and no part of emel. The graph comes from torch.onnx.export, which needs the
packages onnx and onnxscript beside it (https://docs.pytorch.org/docs/stable/onnx.html).
"""

from __future__ import annotations

import importlib
import math
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy

from emel.errors import MissingExtraError, ModelError, UnsupportedModelError

DYNAMIC = "dynamic_shapes=({0: torch.export.Dim('batch')},)"


class TorchModule:
    """A module that looks like a fitted estimator. Its rows are flat float32, whatever its input's shape."""

    def __init__(self, loaded: Any) -> None:
        self._torch = importlib.import_module("torch")
        self._program: Any = None
        self._module = loaded
        self._places: tuple[int, ...] = (-1,)
        self._one_by_one = False
        if isinstance(loaded, self._torch.export.ExportedProgram):
            self._program, self._module = loaded, loaded.module()
            self._places, self._one_by_one = _shape(loaded)
            self.n_features_in_ = math.prod(self._places)
        else:
            loaded.eval()

    def predict(self, table: Any) -> Any:
        """The first output of numbers, one entry a row. Errors: ValueError in PyTorch's own words."""
        cells = numpy.asarray(table, dtype=numpy.float32)
        rows = self._torch.from_numpy(cells).reshape(len(cells), *self._places)
        try:
            with self._torch.no_grad():
                parts = [self._ask(one) for one in (rows.split(1) if self._one_by_one else (rows,))]
        except RuntimeError as problem:
            raise ValueError(str(problem)) from problem
        return self._torch.cat(parts).reshape(len(cells), -1).numpy()

    def graph(self, width: int) -> bytes:
        """The module as ONNX, for rows of `width` numbers.

        Errors: UnsupportedModelError, MissingExtraError.
        """
        torch = self._torch
        try:
            if self._program is None:
                batch = torch.export.Dim("batch")
                self._program = torch.export.export(
                    self._module, (torch.zeros(2, width),), dynamic_shapes=({0: batch},)
                )
            exported = torch.onnx.export(self._program, dynamo=True, verbose=False)
        except ModuleNotFoundError as problem:
            raise MissingExtraError(
                f"torch.onnx.export needs the package {problem.name}, which is not installed",
                hint=f"run: {sys.executable} -m pip install {problem.name}",
            ) from problem
        # The exporter raises whatever goes wrong in the user's own code, and in its own.
        except Exception as problem:
            words = str(problem).strip().partition("\n")[0]
            raise UnsupportedModelError(
                f"torch.export cannot take the module with rows of {width} numbers: {words}",
                hint="export it yourself by torch.export.save, and package the .pt2",
            ) from problem
        graph: bytes = exported.model_proto.SerializeToString()
        return graph

    def _ask(self, rows: Any) -> Any:
        found = self._module(rows)
        given = found.values() if isinstance(found, dict) else found if isinstance(found, tuple) else (found,)
        return next(one for one in given if one.is_floating_point())


def read(path: Path, *, trusted: bool) -> TorchModule:
    """The module in the file, which may run code, so it must be `trusted`.

    Errors: MissingExtraError where PyTorch is not installed, ModelError for weights without their module,
    UnsupportedModelError for a program whose input no row fits.
    """
    if not trusted:
        raise ValueError("files of PyTorch are not allowed here")
    try:
        torch = importlib.import_module("torch")
    except ModuleNotFoundError as problem:
        raise MissingExtraError(
            f"this is a model of PyTorch, which is not installed for {sys.executable}",
            hint="name one that has torch, onnx, onnxscript and onnxruntime, as `python` under [model]",
        ) from problem
    with zipfile.ZipFile(path) as archive:
        exported = any(name.endswith("/archive_format") for name in archive.namelist())
    loaded = torch.export.load(path) if exported else torch.load(path, map_location="cpu", weights_only=False)
    if isinstance(loaded, torch.jit.ScriptModule) or not isinstance(
        loaded, torch.nn.Module | torch.export.ExportedProgram
    ):
        raise ModelError(
            f"the file holds {_called(loaded)}, not a module of PyTorch",
            hint="save the fitted module by torch.export.save(torch.export.export(module, …), 'model.pt2')",
        )
    return TorchModule(loaded)


def _called(loaded: Any) -> str:
    if type(loaded).__name__ in ("OrderedDict", "dict"):
        return "weights alone (a state_dict)"
    return (
        f"TorchScript ({type(loaded).__name__})"
        if "jit" in type(loaded).__module__
        else type(loaded).__name__
    )


def _shape(program: Any) -> tuple[tuple[int, ...], bool]:
    """The shape of a row of the program's only input, and whether it takes a single row at a time."""
    inputs = program.graph_signature.user_inputs
    nodes = [node.meta.get("val") for node in program.graph.nodes if node.name in inputs]
    if len(nodes) != 1 or not hasattr(nodes[0], "shape") or not nodes[0].is_floating_point():
        raise UnsupportedModelError(
            f"the program takes {len(inputs)} inputs; a row fits a single tensor of floats",
            hint="export a module whose forward takes one tensor, with a row in each line",
        )
    batch, *places = nodes[0].shape
    if not all(isinstance(place, int) for place in places):
        raise UnsupportedModelError(
            "the program's input has several dynamic dimensions", hint=f"export it with {DYNAMIC}"
        )
    if isinstance(batch, int) and batch != 1:
        raise UnsupportedModelError(
            f"the program takes {batch} rows at a time", hint=f"export it with {DYNAMIC}"
        )
    return tuple(places), isinstance(batch, int)
