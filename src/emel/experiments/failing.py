"""A run that failed, noted for the report: what Git holds then are results of an earlier run."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from emel.errors import PipelineError
from emel.records import FailedRun, from_json, to_json
from emel.system.files import write_atomic

LOCK = "dvc.lock"
LINES = 40
"""Lines of the output that are kept, the last."""
COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class _Noted(msgspec.Struct, frozen=True, kw_only=True):
    """The file. It counts for the same commit and the same dvc.lock: a run that succeeds changes one."""

    commit: str
    lock: str
    failure: FailedRun


def write(root: Path, commit: str, problem: PipelineError, output: Sequence[str]) -> None:
    """Note that the pipeline failed at a commit."""
    lines = tuple(COLOURS.sub("", line) for line in output[-LINES:])
    failure = FailedRun(message=problem.message, output=lines)
    write_atomic(_place(root), to_json(_Noted(commit=commit, lock=_lock(root), failure=failure)))


def clear(root: Path) -> None:
    """Forget it: a run has succeeded."""
    _place(root).unlink(missing_ok=True)


def read(root: Path, commit: str) -> FailedRun | None:
    """What was noted of this commit; None where the last run succeeded, or there was none."""
    try:
        noted = from_json(_place(root).read_bytes(), _Noted)
    except (OSError, msgspec.DecodeError):
        return None
    return noted.failure if (noted.commit, noted.lock) == (commit, _lock(root)) else None


def _place(root: Path) -> Path:
    return root / ".emel" / "runs" / "failed.json"


def _lock(root: Path) -> str:
    file = root / LOCK
    return hashlib.sha256(file.read_bytes() if file.is_file() else b"").hexdigest()
