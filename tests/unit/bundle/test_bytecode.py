"""Byte-code is made by each Python that is at hand, and by none that only seems to be."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from emel.bundle import build
from emel.bundle.bytecode import OWN, compile_for, interpreters
from emel.errors import BundleError
from emel.system.process import Completed, SystemProcess


class Machine:
    """Programs by name, each with what it says of itself; others are not there."""

    def __init__(self, **says: str) -> None:
        self._says = says

    def run(self, command: Any, **_: Any) -> Completed:
        name = command[0].replace(".", "_")
        if name not in self._says:
            raise FileNotFoundError(command[0])
        words = self._says[name]
        return Completed(0 if words else 127, words, "")


def test_the_interpreter_that_runs_emel_is_always_there() -> None:
    assert interpreters(Machine()) == {OWN: sys.executable}


def test_programs_are_found_by_name_and_asked_what_they_are() -> None:
    machine = Machine(
        python2_10="2.10 cpython /opt/2.10\n",
        python2_7="2.7 cpython /opt/2.7\n",
        python2_8="2.8 pypy /p\n",
        python2_9="",
    )

    found = interpreters(machine, ["2.10", "2.7", "2.8", "2.9", "2.6", OWN])

    assert found == {"2.7": "/opt/2.7", "2.10": "/opt/2.10", OWN: sys.executable}


def test_a_module_that_does_not_compile_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("def")

    with pytest.raises(BundleError, match="cannot be compiled"):
        compile_for(tmp_path, [sys.executable], SystemProcess())


@pytest.mark.slow
def test_byte_code_of_several_versions_stands_side_by_side(make_artifact: Any, tmp_path: Path) -> None:
    process = SystemProcess()
    built = build(make_artifact(), version="v1", commit=None, output=tmp_path / "f.zip", process=process)

    with zipfile.ZipFile(built.path) as archive:
        names = [name for name in archive.namelist() if name.startswith("__pycache__/handler.")]
    assert sorted(names) == sorted(
        f"__pycache__/handler.cpython-{version.replace('.', '')}.pyc" for version in built.bytecode
    )
    assert OWN in built.bytecode
