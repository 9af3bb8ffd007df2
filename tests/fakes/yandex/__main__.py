"""`python -m tests.fakes.yandex FOLDER` runs the cloud until Ctrl-C; its first lines are for `export`."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from tests.fakes.yandex import Emulator

# Blocked before any thread is there: a signal that is taken elsewhere would end us with the platform running.
ENDS = {signal.SIGINT, signal.SIGTERM}
signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
emulator = Emulator(Path(sys.argv[1]))
for name, value in emulator.environment().items():
    print(f"export {name}={value}", flush=True)
signal.sigwait(ENDS)
emulator.close()
