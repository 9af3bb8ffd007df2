"""Documents with computed tables hold what the code computes now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("script", ["serverless_or_not.py", "cloud_training.py"])
def test_the_tables_of_a_guide_are_up_to_date(script: str) -> None:
    checked = subprocess.run(
        [sys.executable, ROOT / "scripts" / script, "--check"], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stderr
