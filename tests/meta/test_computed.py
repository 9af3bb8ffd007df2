"""Documents with computed tables hold what the code computes now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_tables_of_serverless_or_not_are_up_to_date():
    script = ROOT / "scripts/serverless_or_not.py"
    checked = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
