"""How much memory this process has taken."""

from __future__ import annotations

import sys
from pathlib import Path

STATUS = Path("/proc/self/status")


def peak_bytes() -> int:
    """The largest resident size of this process. Standard library only: it is asked in users' processes."""
    # What the system counts for a child includes what its parent had before it became another program.
    if STATUS.is_file():
        told = next(line for line in STATUS.read_text("ascii").splitlines() if line.startswith("VmHWM:"))
        return int(told.split()[1]) * 1024
    import resource

    # In bytes on macOS, in kilobytes elsewhere: getrusage(2).
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
