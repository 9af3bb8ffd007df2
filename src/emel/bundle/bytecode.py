"""Compiled modules for each Python that is at hand, side by side in `__pycache__`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from emel.errors import BundleError
from emel.system.process import Process

COMPILE = Path(__file__).with_name("children") / "compile.py"
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
"""Those that the runtime works under. Yandex Cloud has 3.12 and 3.14, AWS Lambda all but the first."""
OWN = "{}.{}".format(*sys.version_info)
"""The version that runs emel."""
TELL = "import sys; print('%d.%d' % sys.version_info[:2], sys.implementation.name, sys.executable)"


def interpreters(process: Process, versions: Sequence[str] = VERSIONS) -> dict[str, str]:
    """Version → the path of its interpreter, for those whose `python3.x` is on the path and is what the name
    says.

    The interpreter that runs emel stands for its own version.
    """
    found = {}
    for version in versions:
        if version == OWN:
            found[version] = sys.executable
            continue
        told, _, program = _tells(f"python{version}", process).partition(" cpython ")
        if told == version:
            found[version] = program
    return {version: found[version] for version in sorted(found, key=_numbers)}


def compile_for(root: Path, programs: Sequence[str], process: Process) -> None:
    """Compile every module below `root` by each of the interpreters. Errors: BundleError."""
    for program in programs:
        ended = process.run([program, "-I", "-S", COMPILE, root])
        if ended.returncode:
            raise BundleError(
                f"the runtime cannot be compiled by {program}: {ended.stderr.strip()}",
                where=str(root),
                hint="install emel anew",
            )


def _tells(program: str, process: Process) -> str:
    """What the interpreter says of itself; nothing where the name is a shim with nothing behind it."""
    try:
        ended = process.run([program, "-I", "-S", "-c", TELL], timeout=30)
    except (OSError, TimeoutError):
        return ""
    return ended.stdout.strip() if ended.returncode == 0 else ""


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]
