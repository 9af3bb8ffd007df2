"""How many instances a version should have: decisions from plain numbers, with no clock and no effects.

What drives it is a Pool, or a simulation: both tell the same Load and carry the same Decision out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from emel.records import FunctionSettings

QUEUE_PER_INSTANCE = 32
"""Requests that may wait, for each instance that the version may have; any further one gets 429."""
LONGEST_BACK_OFF = 10.0
"""Seconds without a new start after an instance failed to start, at most."""
SUSPEND_AFTER = 1.0
"""Seconds without a request after which an instance is suspended: it keeps its memory, but no processor."""


class Load(NamedTuple):
    """What the instances of one version do at one moment. Times are seconds on one monotonic clock."""

    idle_since: Sequence[float]
    """For each idle instance, suspended or not, when it became idle; oldest first."""
    busy: int
    starting: int
    waiting: int
    failures: int = 0
    """Starts that failed in a row, and when the last one did."""
    failed_at: float = 0.0

    @property
    def instances(self) -> int:
        return len(self.idle_since) + self.busy + self.starting


class Decision(NamedTuple):
    """How many instances to start, and how many idle ones to end, the longest idle first.

    Of the idle ones that are left, the `suspend` that are idle the longest are to be suspended.
    """

    start: int
    end: int
    suspend: int


def decide(load: Load, settings: FunctionSettings, now: float, *, in_service: bool) -> Decision:
    """Scale one version.

    An instance is started for every waiting request that no idle or starting one will take, up to
    `max_instances`. Idle ones are suspended after a second, and ended after `idle_seconds`, except
    `provisioned` of them. A version that no tag points at is not `in_service`: it keeps nothing warm.
    """
    keep = min(settings.provisioned, settings.max_instances) if in_service else 0
    for_queue = load.waiting - load.starting - len(load.idle_since)
    for_keeping = keep - load.instances
    room = settings.max_instances - load.instances
    start = max(0, min(max(for_queue, for_keeping), room))
    if load.failures and now < load.failed_at + back_off(load.failures):
        start = 0

    patience = settings.idle_seconds if in_service else 0.0
    expired = sum(1 for since in load.idle_since if now - since >= patience)
    end = 0 if load.waiting else max(0, min(expired, load.instances - keep))
    drowsy = sum(1 for since in load.idle_since if now - since >= SUSPEND_AFTER)
    return Decision(start, end, max(0, drowsy - end))


def may_wait(waiting: int, settings: FunctionSettings) -> bool:
    """Whether one more request may wait for an instance; otherwise it is refused with 429."""
    return waiting < QUEUE_PER_INSTANCE * settings.max_instances


def longest_wait(settings: FunctionSettings) -> float:
    """Seconds that a request waits for a busy instance to become free; then it is refused with 429."""
    return settings.timeout


def back_off(failures: int) -> float:
    """Seconds to wait after this many failed starts in a row: 0.1, 0.2, 0.4, … up to the longest."""
    return float(min(LONGEST_BACK_OFF, 0.1 * 2 ** min(failures - 1, 10)))
