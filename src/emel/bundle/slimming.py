"""What a function leaves out of its libraries. Parity and cold start are measured after it.

Nothing is stripped: `strip` breaks the OpenBLAS that lies in numpy.libs, whose segments end up unaligned, and
would save less than four in a hundred of the zip.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

from emel.records import SlimStep, Tier

Steps = Mapping[SlimStep, tuple[str, ...]]

ONNX_TOOLS = ("backend", "datasets", "quantization", "tools", "transformers", "ThirdPartyNotices.txt")
NUMPY_PARTS = (
    "_pyinstaller", "distutils", "doc", "f2py", "fft", "ma", "polynomial", "random", "testing",
    "_core/_simd*.so", "_core/_*_tests*.so", "_core/include", "_core/lib",
)  # fmt: skip
"""What neither NumPy nor onnxruntime loads by itself."""
COMMON: Steps = {
    "tests": ("**/tests", "**/conftest.py"),
    "stubs": ("**/*.pyi", "**/py.typed"),
    "headers": ("**/*.h", "**/*.hpp", "**/*.pxd", "**/*.pyx", "**/*.a", "**/*.lib"),
}
STEPS: Mapping[Tier, Steps] = {
    "pure": {},
    "onnx": {
        **COMMON,
        "metadata": ("*.dist-info",),
        # The wheel carries the runtime twice; Python uses the one inside of its own extension module.
        "second-runtime": ("onnxruntime/capi/libonnxruntime.so.*",),
        "onnx-tools": tuple(f"onnxruntime/{part}" for part in ONNX_TOOLS),
        "numpy-parts": tuple(f"numpy/{part}" for part in NUMPY_PARTS),
    },
    # Libraries that are not known here may ask for their own version: the metadata stay.
    "python": COMMON,
}
"""Tier → step → what it removes, as patterns below the bundle's root."""


def slim(root: Path, tier: Tier, keep: Collection[str]) -> None:
    """Remove what the tier's function does not need, but for the steps in `keep`."""
    for step, patterns in STEPS[tier].items():
        if step in keep:
            continue
        for path in [path for pattern in patterns for path in root.glob(pattern)]:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                # A folder that went before may have held it.
                path.unlink(missing_ok=True)
