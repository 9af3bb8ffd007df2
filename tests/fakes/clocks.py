"""A clock whose waiting takes no time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class HastyClock:
    """Tells the time of day, put forward by all that was slept."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=sum(self.slept))

    def monotonic(self) -> float:
        return time.monotonic() + sum(self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
