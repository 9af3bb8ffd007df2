"""Ending in order when somebody asks for it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from emel.system.process import Terminated


@contextmanager
def orderly_end() -> Iterator[None]:
    """Let SIGTERM raise Terminated for as long as the block runs, so that programs can save their work."""
    before = signal.signal(signal.SIGTERM, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(_: int, __: FrameType | None) -> None:
    raise Terminated
