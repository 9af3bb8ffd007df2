"""A program in the foreground: what it writes is seen as it comes, and signals go through emel to it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Foreground:
    """Runs a program in a process group of its own, so that each signal reaches it once: by emel.

    As a context manager it passes signals on for as long as the block runs, and leaves nothing behind.
    Errors: FileNotFoundError when there is no such program.
    """

    def __init__(self, command: Sequence[str], *, cwd: Path) -> None:
        self.received: int | None = None
        """The first signal that was passed on."""
        self._command = command
        self._cwd = cwd
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Foreground:
        self._child = subprocess.Popen(list(self._command), cwd=self._cwd, process_group=0)
        self._before = {number: signal.signal(number, self._pass_on) for number in PASSED_ON}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self.kill()

    def wait(self, seconds: float) -> int | None:
        """Its exit status (negative: the signal), or None when it still runs after so long."""
        try:
            return self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        """End it at once, with all that it started."""
        try:
            os.killpg(self._child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._child.wait()

    def _pass_on(self, number: int, _: FrameType | None) -> None:
        if self.received is None:
            self.received = number
        try:
            os.killpg(self._child.pid, number)
        except ProcessLookupError:
            pass
