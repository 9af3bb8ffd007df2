"""What goes wrong on demand: answers of servers in trouble, delays, connections that break."""

from __future__ import annotations

import re
import threading
from typing import Literal, NamedTuple

from tests.fakes.gitlab.routing import Reply


class Fault(NamedTuple):
    """One thing that goes wrong.

    `reply` is answered without doing anything; `cut` closes the connection before or after the call has its
    effect; `delay` waits so many seconds first; `after` does the call, and answers `reply` all the same.
    """

    reply: Reply | None = None
    cut: Literal["before", "after"] | None = None
    delay: float = 0.0
    after: bool = False


RETRY_LATER = Fault(Reply(429, b"Retry later\n", {"content-type": "text/plain"}))
BAD_GATEWAY = Fault(Reply(502, b"<html>502</html>", {"content-type": "text/html"}))


def retry_after(seconds: int | str) -> Fault:
    """A 429 that says how long to wait."""
    return Fault(Reply(429, b"Retry later\n", {"content-type": "text/plain", "retry-after": str(seconds)}))


class Faults:
    """The faults that are still to come, first in, first out for each kind of call."""

    def __init__(self) -> None:
        self._planned: list[tuple[str, re.Pattern[str], Fault]] = []
        self._lock = threading.Lock()

    def add(self, method: str, path: str, *faults: Fault) -> None:
        """Let the next calls that match the regular expression `path` go wrong, one after the other."""
        self._planned += [(method, re.compile(path), fault) for fault in faults]

    def take(self, method: str, path: str) -> Fault | None:
        """The fault of this call."""
        with self._lock:
            for number, (wanted, pattern, fault) in enumerate(self._planned):
                if wanted == method and pattern.search(path):
                    del self._planned[number]
                    return fault
        return None
