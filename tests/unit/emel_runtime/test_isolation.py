"""The runtime is a closed set of files: the standard library, and of that only what is cheap."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import emel_runtime
from emel_runtime.operations import FAMILIES

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
    from emel_runtime.operations import FAMILIES
    for family in FAMILIES:
        __import__(f"emel_runtime.operations.{family}")
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


def test_the_start_loads_nothing_that_only_rarer_requests_need() -> None:
    rarer = {
        *("access", "bodies", "csvrows", "inference", "mlflow", "objects", "page", "recording"),
        *("openapi", "openapi_parts", "openapi_protocols"),
    }

    assert {name.removeprefix("emel_runtime.") for name in loaded("start")} & {*rarer, "triggers"} == set()


def test_the_start_loads_no_operation_before_a_model_names_it() -> None:
    assert {name for name in loaded("start") if name.startswith("emel_runtime.operations.")} == set()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_of_operations_needs_no_other(family: str) -> None:
    source = (Path(emel_runtime.__path__[0]) / "operations" / f"{family}.py").read_text("utf-8")
    imported = re.findall(r"(?:from|import) (emel_runtime[.\w]*)", source)

    assert set(imported) <= {"emel_runtime.operations"}
