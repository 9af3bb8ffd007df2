"""`python -m tests.fakes.yandex FOLDER` runs the cloud until Ctrl-C; its first lines are for `export`."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

from tests.fakes.yandex import Emulator

done = threading.Event()
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda *_: done.set())
emulator = Emulator(Path(sys.argv[1]))
for name, value in emulator.environment().items():
    print(f"export {name}={value}", flush=True)
done.wait()
emulator.close()
