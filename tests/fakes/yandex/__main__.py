"""`python -m tests.fakes.yandex FOLDER` runs the cloud until Ctrl-C; its first lines are for `export`."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from tests.fakes.yandex import Emulator

emulator = Emulator(Path(sys.argv[1]))
for name, value in emulator.environment().items():
    print(f"export {name}={value}", flush=True)
signal.sigwait({signal.SIGINT, signal.SIGTERM})
emulator.close()
