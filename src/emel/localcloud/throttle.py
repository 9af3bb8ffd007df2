"""The share of a processor that a memory class has, given to instances on this machine.

In a cloud a small memory class gets a small share of a processor, so there a start takes many times as long
as here. Where this user may make control groups, the kernel keeps the share. Elsewhere the platform measures
the processor time of each instance and stops it as long as it has had more than its share. Linux only.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from emel.errors import PlatformError

FULL_MEMORY = 2048
"""MiB from which on an instance has a whole processor, as in Yandex Cloud Functions (its documentation,
«Runtime environment», read November 2026); below, its share is proportional to its memory."""
TICK_SECONDS = 0.01
PERIOD_SECONDS = 0.1
"""In which the kernel counts a group's time; also what an instance may have ahead of its share."""


class Throttled(Protocol):
    """What a throttle asks of an instance."""

    @property
    def pid(self) -> int: ...

    @property
    def ended(self) -> bool: ...

    def hold(self) -> None: ...

    def let_go(self) -> None: ...


class Throttle(Protocol):
    """Keeps instances to their shares."""

    name: str
    """How it does that, for the status."""

    def add(self, instance: Throttled, share: float) -> None:
        """Keep an instance to a share of a processor (1.0 is a whole one) until it has ended."""
        ...

    def tick(self) -> None:
        """Act on what was used; to be called every TICK_SECONDS."""
        ...


def share_of(memory: int) -> float:
    """The share of a processor that an instance of `memory` MiB has, at most 1.0."""
    return min(1.0, memory / FULL_MEMORY)


def find_throttle() -> Throttle:
    """The better one of those that work for this user. Errors: PlatformError where none does."""
    group = _groups_folder(Path("/proc/self/cgroup"), Path("/sys/fs/cgroup"))
    if group is not None:
        return ControlGroups(group)
    try:
        processor_seconds(os.getpid())
    except OSError as problem:
        raise PlatformError(
            f"this system cannot throttle a process: {problem.strerror}",
            hint="run without --throttle, or on Linux",
        ) from problem
    return DutyCycle(processor_seconds, time.monotonic)


class ControlGroups:
    """One control group for each instance, below `folder`; both versions of the kernel's interface."""

    name = "control groups"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._groups: dict[Throttled, Path] = {}

    def add(self, instance: Throttled, share: float) -> None:
        group = self._folder / f"emel-{os.getpid()}-{instance.pid}"
        make_group(group, share)
        self._groups[instance] = group
        try:
            (group / "cgroup.procs").write_text(str(instance.pid))
        except ProcessLookupError:
            pass  # It has ended already, which the platform is about to learn.

    def tick(self) -> None:
        for instance, group in list(self._groups.items()):
            if instance.ended:
                del self._groups[instance]
                _remove_group(group)


class DutyCycle:
    """Stops an instance as long as it has had more than its share."""

    name = "stopping and continuing"

    def __init__(self, used: Callable[[int], float], now: Callable[[], float]) -> None:
        """`used` tells the processor seconds of a process so far (OSError: it is gone), `now` the time."""
        self._used = used
        self._now = now
        self._accounts: dict[Throttled, _Account] = {}

    def add(self, instance: Throttled, share: float) -> None:
        if share < 1.0:
            self._accounts[instance] = _Account(share, self._now())

    def tick(self) -> None:
        now = self._now()
        for instance, account in list(self._accounts.items()):
            try:
                owes = account.book(self._used(instance.pid), now) < 0
            except OSError:
                owes = False
            if instance.ended:
                del self._accounts[instance]
            elif owes:
                instance.hold()
            else:
                instance.let_go()


class _Account:
    """Processor time that an instance has left, in seconds."""

    def __init__(self, share: float, now: float) -> None:
        self._share = share
        self._booked_at = now
        self._used = 0.0
        self._left = share * PERIOD_SECONDS

    def book(self, used: float, now: float) -> float:
        """What is left; below 0 it has had more than its share."""
        earned = self._share * (now - self._booked_at)
        self._left = min(self._share * PERIOD_SECONDS, self._left + earned) - (used - self._used)
        self._used, self._booked_at = used, now
        return self._left


def processor_seconds(pid: int) -> float:
    """The processor time that a process has had. Errors: OSError when it is gone, or this is not Linux.

    Source: clock_getcpuclockid(3); the number is how Linux writes the clock of a process.
    """
    return time.clock_gettime((~pid << 3) | 2)


def make_group(folder: Path, share: float) -> None:
    """Make a control group with a share of a processor. Errors: OSError."""
    period = round(PERIOD_SECONDS * 1e6)
    quota = max(1000, round(share * period))
    folder.mkdir()
    try:
        if (folder / "cpu.max").exists():
            (folder / "cpu.max").write_text(f"{quota} {period}")
        else:
            (folder / "cpu.cfs_period_us").write_text(str(period))
            (folder / "cpu.cfs_quota_us").write_text(str(quota))
    except OSError:
        _remove_group(folder)
        raise


def _groups_folder(own: Path, root: Path) -> Path | None:
    """Where this process may make control groups that have the processor's controller."""
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return None
    candidates = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        base = root / "cpu" if "cpu" in controllers.split(",") else root
        if controllers and base == root:
            continue
        here = base / path.lstrip("/")
        # A group of version 2 that holds processes can have no children with controllers; its parent may.
        candidates += [here] if controllers else [here, here.parent]
    for folder in candidates:
        if folder.is_relative_to(root) and _can_make_groups(folder):
            return folder
    return None


def _can_make_groups(folder: Path) -> bool:
    trial = folder / f"emel-trial-{os.getpid()}"
    try:
        make_group(trial, 0.5)
    except OSError:
        return False
    _remove_group(trial)
    return True


def _remove_group(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        pass
