"""The libraries that a function carries: wheels for the machine that it will run on, fetched by uv."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from emel.errors import BundleError, MissingExtraError
from emel.system.process import Process

PLATFORM = "x86_64-manylinux_2_28"
"""Clouds run functions on x86-64 with glibc 2.34 or newer; onnxruntime has no wheels for one before 2.28."""
UV = (
    sys.executable, "-m", "uv", "pip", "install",
    "--quiet", "--no-config", "--no-progress", "--link-mode", "copy",
)  # fmt: skip
TARGET = ("--python", sys.executable, "--python-platform", PLATFORM, "--only-binary", ":all:")
LEANER = {"xgboost": "xgboost-cpu"}
"""The same package without the libraries for graphics cards, which are ten times its size."""
LOCKED_WITH = {"nvidia-nccl-cu12": "xgboost"}
"""What a lock names only because of a package in LEANER."""
BOOKKEEPING = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json")
"""What an installer notes for itself in *.dist-info. It tells where and how, and would change the zip."""
REQUIREMENT = re.compile(r"^(?P<name>[A-Za-z0-9][\w.-]*)(?P<rest>.*)$", re.DOTALL)


def add_exactly(packages: Sequence[str], root: Path, process: Process, python: str) -> None:
    """Unpack these packages into `root`, for a version of Python, and none that they ask for.

    Errors: BundleError in uv's own words, MissingExtraError when uv is not installed.
    """
    _install("\n".join(packages), ["--python-version", python, "--no-deps"], root, process)


def add_resolved(requirements: str, root: Path, process: Process, python: str) -> None:
    """Unpack what a requirements file or a lock says into `root`, for a version of Python, with all that it
    needs.

    Errors: BundleError in uv's own words, MissingExtraError when uv is not installed.
    """
    _install(leaner(requirements), ["--python-version", python], root, process)


def leaner(requirements: str) -> str:
    """The requirements with the packages in LEANER in the place of those that they stand for."""
    lines = [line.strip() for line in requirements.replace("\\\n", " ").splitlines()]
    names = [_name(line) for line in lines]
    changed = []
    for line, name in zip(lines, names, strict=True):
        if LOCKED_WITH.get(name) in names:
            continue
        if name in LEANER:
            # The hashes are those of the other package.
            line = re.sub(r"\s--hash=\S+", "", LEANER[name] + REQUIREMENT.sub(r"\g<rest>", line))
        changed.append(line)
    return "\n".join(changed) + "\n"


def _name(line: str) -> str:
    found = REQUIREMENT.match(line)
    return re.sub(r"[-_.]+", "-", found["name"]).lower() if found else ""


def _install(requirements: str, options: Sequence[str], root: Path, process: Process) -> None:
    if importlib.util.find_spec("uv") is None:
        raise MissingExtraError(
            "uv, which fetches the libraries for the function, is not installed",
            hint="run: pip install 'emel[models]'",
        )
    with tempfile.TemporaryDirectory(prefix="emel-") as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text(requirements, encoding="utf-8")
        ended = process.run([*UV, *TARGET, "--target", str(root), *options, "--requirement", str(file)])
    if ended.returncode:
        words = " ".join(line.strip(" ×│╰─▶") for line in ended.stderr.splitlines() if line.strip())
        raise BundleError(
            f"the function's libraries cannot be fetched: {words}",
            hint="name packages that have wheels for Linux, or mend the requirements",
        )
    _forget_installer(root)


def _forget_installer(root: Path) -> None:
    """Programs have no use in a function, and begin with the path of the interpreter that installed them."""
    shutil.rmtree(root / "bin", ignore_errors=True)
    (root / ".lock").unlink(missing_ok=True)
    for note in (file for name in BOOKKEEPING for file in root.glob(f"*.dist-info/{name}")):
        note.unlink()
