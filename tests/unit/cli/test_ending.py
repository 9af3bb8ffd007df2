"""SIGTERM to `emel run`, as of a cancelled job or a lost machine: what trains can save its work first."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

STARTS = """
import sys
from emel.cli.ending import orderly_end
from emel.system.process import SystemProcess, Terminated
try:
    with orderly_end():
        SystemProcess().run([sys.executable, "-c", sys.argv[1]])
except Terminated:
    print("terminated", flush=True)
"""
# Its own leader goes at once, as DVC does; what that had started takes its time.
LEADER = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", sys.argv[1] if len(sys.argv) > 1 else CHILD])
import time; time.sleep(60)
"""
CHILD = """
import signal, time
from pathlib import Path
def end(*_):
    time.sleep(0.5)
    Path("saved").write_text("all")
    raise SystemExit
signal.signal(signal.SIGTERM, end)
Path("ready").touch()
time.sleep(60)
"""


@pytest.mark.slow
def test_programs_behind_the_one_that_goes_first_have_time_to_save(tmp_path: Path) -> None:
    leader = f"CHILD = {json.dumps(CHILD)}\n{LEADER}"
    with subprocess.Popen(
        [sys.executable, "-c", STARTS, leader], cwd=tmp_path, stdout=subprocess.PIPE
    ) as emel:
        while not (tmp_path / "ready").exists():
            time.sleep(0.02)
        emel.send_signal(signal.SIGTERM)
        said, _ = emel.communicate(timeout=60)

    assert said == b"terminated\n"
    assert (tmp_path / "saved").read_text() == "all"
