"""Ends a process with all that it started, also what has left its process group.

The group is enough for nearly all programs. One that made a session of its own is found by its ancestry or,
where its parents have ended, by the instance's own folder in the environment that it was started with.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")
_ROUNDS = 5


def kill_all_of(leader: int, work: Path) -> None:
    """Kill the group that `leader` leads, and every process that belongs to its working folder.

    Where there is no /proc, as on macOS, the group alone. Reads every process of the machine: dear enough
    to be called from a thread.
    """
    strays = _strays(leader, work)
    _kill_group(leader)
    # What forks faster than it is found is found in the next round; its parents are gone by then.
    for _ in range(_ROUNDS):
        if not strays:
            return
        for pid in strays:
            _kill(pid)
        strays = _strays(leader, work)
    _kill_group(leader)


def _strays(leader: int, work: Path) -> set[int]:
    """Processes of the instance that are alive and outside its group."""
    mark = f"TMPDIR={work}".encode()
    parents: dict[int, int] = {}
    groups: dict[int, int] = {}
    for pid, parent, group in _processes():
        parents[pid], groups[pid] = parent, group
    found = set()
    for pid, group in groups.items():
        if group != leader and (_descends(pid, leader, parents) or _is_marked(pid, mark)):
            found.add(pid)
    return found


def _processes() -> Iterator[tuple[int, int, int]]:
    """Number, parent and group of each process that is not a zombie."""
    for entry in _PROC.glob("[0-9]*"):
        try:
            # The name, in parentheses, may hold anything.
            text = (entry / "stat").read_text("utf-8", "replace").rpartition(")")[2]
            state, parent, group = text.split()[:3]
        except (OSError, ValueError):
            continue
        if state != "Z":
            yield int(entry.name), int(parent), int(group)


def _descends(pid: int, ancestor: int, parents: dict[int, int]) -> bool:
    while pid in parents:
        pid = parents[pid]
        if pid == ancestor:
            return True
    return False


def _is_marked(pid: int, mark: bytes) -> bool:
    try:
        return mark in (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return False


def _kill_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
