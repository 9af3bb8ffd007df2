"""The runtime is a closed set of files: the standard library, and of that only what is cheap."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import emel_runtime

DEAR = {
    "json",
    "re",
    "hashlib",
    "typing",
    "dataclasses",
    "logging",
    "enum",
    "pathlib",
    "base64",
    "collections",
    "os",
}
SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
before = set(sys.modules)
import emel_runtime.app
if sys.argv[2] == "all":
    import emel_runtime.openapi
print(*sorted(set(sys.modules) - before))
"""


def loaded(what: str) -> set[str]:
    root = Path(emel_runtime.__path__[0]).parent
    command = [sys.executable, "-I", "-S", "-c", SCRIPT, str(root), what]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


def test_the_runtime_loads_nothing_but_the_standard_library() -> None:
    foreign = {
        name
        for name in loaded("all")
        if name.partition(".")[0] not in {*sys.stdlib_module_names, "emel_runtime"}
    }

    assert foreign == set()


def test_the_runtime_loads_no_dear_module_at_its_start() -> None:
    assert loaded("start") & DEAR == set()
