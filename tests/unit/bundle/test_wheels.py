"""Requirements become libraries for the function's machine, and those lose what it does not need."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from emel.bundle.bytecode import OWN
from emel.bundle.slimming import STEPS, slim
from emel.bundle.wheels import add_exactly, add_resolved, leaner
from emel.errors import BundleError
from emel.system.process import Completed, SystemProcess


class FailingUv:
    """uv as it fails, and what it was asked."""

    def __init__(self) -> None:
        self.command: Sequence[Any] = ()

    def run(self, command: Sequence[Any], **_: Any) -> Completed:
        self.command = command
        return Completed(1, "", "  × No solution found\n  ╰─▶ Because frob has no wheels\n")


@pytest.mark.parametrize(
    ("given", "lean"),
    [
        ("xgboost==3.2.0\n", "xgboost-cpu==3.2.0\n"),
        ("XGBoost >= 3 ; python_version > '3.10'\n", "xgboost-cpu >= 3 ; python_version > '3.10'\n"),
        ("xgboost-cpu==3.2.0\n", "xgboost-cpu==3.2.0\n"),
        ("# xgboost is large\nnumpy\n", "# xgboost is large\nnumpy\n"),
        ("xgboost==3 \\\n    --hash=sha256:12\nnvidia-nccl-cu12==2\nnumpy==2 --hash=sha256:34\n",
         "xgboost-cpu==3\nnumpy==2 --hash=sha256:34\n"),
        ("nvidia-nccl-cu12==2\n", "nvidia-nccl-cu12==2\n"),
    ],
)  # fmt: skip
def test_xgboost_comes_without_its_libraries_for_graphics_cards(given: str, lean: str) -> None:
    assert [line.rstrip() for line in leaner(given).splitlines()] == lean.splitlines()


def test_what_uv_says_is_told(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="No solution found Because frob has no wheels"):
        add_resolved("frob", tmp_path, FailingUv(), OWN)


def test_wheels_are_those_of_the_functions_machine_and_never_built_here(tmp_path: Path) -> None:
    uv = FailingUv()
    with pytest.raises(BundleError):
        add_exactly(["numpy==2"], tmp_path, uv, "3.14")

    words = [str(word) for word in uv.command]
    assert words[words.index("--python-platform") + 1] == "x86_64-manylinux_2_28"
    assert words[words.index("--python-version") + 1] == "3.14"
    assert words[words.index("--only-binary") + 1] == ":all:"
    assert "--no-deps" in words


FILES = (
    "numpy/__init__.py", "numpy/__init__.pyi", "numpy/core.h", "numpy/tests/test_a.py", "numpy/f2py/x.py",
    "numpy.libs/libblas.so", "numpy-2.dist-info/METADATA", "onnxruntime/capi/libonnxruntime.so.1.31",
    "onnxruntime/capi/onnxruntime_pybind11_state.so", "onnxruntime/transformers/a.py",
)  # fmt: skip


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    return tmp_path


def left(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def test_the_onnx_tier_keeps_what_it_runs_with(installed: Path) -> None:
    slim(installed, "onnx", ())

    assert left(installed) == {
        "numpy/__init__.py",
        "numpy.libs/libblas.so",
        "onnxruntime/capi/onnxruntime_pybind11_state.so",
    }


@pytest.mark.parametrize("step", STEPS["onnx"])
def test_each_step_can_be_switched_off(installed: Path, step: Any) -> None:
    slim(installed, "onnx", (step,))

    assert len(left(installed)) == 4


def test_the_python_tier_keeps_what_libraries_may_ask_for(installed: Path) -> None:
    slim(installed, "python", ())

    gone = {"numpy/__init__.pyi", "numpy/core.h", "numpy/tests/test_a.py"}
    assert left(installed) == set(FILES) - gone


@pytest.mark.slow
def test_a_package_is_unpacked_without_a_trace_of_the_installer(tmp_path: Path) -> None:
    add_exactly(["threadpoolctl"], tmp_path, SystemProcess(), OWN)

    found = left(tmp_path)
    assert "threadpoolctl.py" in found
    assert not [name for name in found if name.endswith(("RECORD", "INSTALLER", ".lock"))]
