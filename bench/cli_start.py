"""How long `emel --help` takes beside a bare interpreter, click alone, and `dvc --help`.

Run: .venv/bin/python bench/cli_start.py
Each command is a whole process, started in turn with the others; figures are medians.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 15
BIN = Path(sys.executable).parent
CLICK = "import click; click.Group('x').main(['--help'], standalone_mode=False)"
COMMANDS: dict[str, list[str]] = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "click alone, --help": [sys.executable, "-c", CLICK],
    "emel --help": [str(BIN / "emel"), "--help"],
    "emel run --help": [str(BIN / "emel"), "run", "--help"],
    "dvc --help": [str(BIN / "dvc"), "--help"],
}


def main() -> None:
    samples: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, command in COMMANDS.items():
            samples[name].append(measure(command))
    bare = statistics.median(cpu for _, cpu in samples["python -c pass"])
    print("| command | wall ms | processor ms (min–max) | × bare interpreter |")
    print("|---|---|---|---|")
    for name, rounds in samples.items():
        wall = statistics.median(seconds for seconds, _ in rounds) * 1e3
        used = sorted(cpu * 1e3 for _, cpu in rounds)
        middle = statistics.median(used)
        spread = f"{middle:.0f} ({used[0]:.0f}–{used[-1]:.0f})"
        print(f"| `{name}` | {wall:.0f} | {spread} | {middle / 1e3 / bare:.1f} |")


def measure(command: list[str]) -> tuple[float, float]:
    """Wall and processor seconds of one process."""
    before = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - before
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {child.returncode}")
    return wall, usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
