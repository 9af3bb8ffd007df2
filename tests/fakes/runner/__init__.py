"""A stand-in for the program `gitlab-runner`, which cannot be had where these tests run; see stand_in.py."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "bin"


def stand_in_path() -> str:
    """A PATH on which `gitlab-runner` is the stand-in."""
    return f"{FOLDER}{os.pathsep}{os.environ['PATH']}"
