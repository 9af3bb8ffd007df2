"""The files of a function's log: numbered segments of whole lines. The newest grows, the oldest goes.

`logs/<function>/00000001.jsonl` and so on. A segment is never renamed or shortened, so a place in the log
is a number and an offset that stay true whatever the writer does. Reading begins at the end: its cost hangs
on what is asked for, and not on how much is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

SEGMENT_BYTES = 8 * 2**20
KEPT_SEGMENTS = 8
BLOCK_BYTES = 256 * 1024


class Place(NamedTuple):
    """A place between two lines."""

    segment: int
    offset: int


def append(folder: Path, function: str, lines: bytes, segment_bytes: int = SEGMENT_BYTES) -> None:
    """Write whole lines at the end; what exceeds the bound goes, oldest first. Errors: OSError."""
    numbers = segments(folder, function) or [1]
    path = segment_file(folder, function, numbers[-1])
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size >= segment_bytes:
        numbers.append(numbers[-1] + 1)
        path = segment_file(folder, function, numbers[-1])
    with path.open("a+b") as file:
        # A writer that was killed, or a full disk, may have left half a line.
        if file.tell():
            file.seek(-1, 2)
            lines = lines if file.read(1) == b"\n" else b"\n" + lines
        file.write(lines)
    for old in numbers[:-KEPT_SEGMENTS]:
        segment_file(folder, function, old).unlink(missing_ok=True)


def end_of(folder: Path, function: str) -> Place:
    """The place behind the last line that is whole."""
    numbers = segments(folder, function)
    if not numbers:
        return Place(0, 0)
    path = segment_file(folder, function, numbers[-1])
    size = path.stat().st_size
    with path.open("rb") as file:
        while size:
            start = max(0, size - BLOCK_BYTES)
            file.seek(start)
            found = file.read(size - start).rfind(b"\n")
            if found >= 0:
                return Place(numbers[-1], start + found + 1)
            size = start
    return Place(numbers[-1], 0)


def lines_before(
    folder: Path, function: str, place: Place, may_hold: Callable[[bytes], bool]
) -> Iterator[bytes]:
    """The lines before a place, the newest first.

    A segment is left out whole when `may_hold` says of its last line that nothing before it is wanted.
    """
    for number in reversed(segments(folder, function)):
        if number > place.segment:
            continue
        path = segment_file(folder, function, number)
        try:
            lines = _backwards(path, place.offset if number == place.segment else None)
            last = next(lines, b"")
            if may_hold(last):
                yield last
                yield from lines
        except FileNotFoundError:
            return


def lines_after(folder: Path, function: str, place: Place) -> tuple[list[bytes], Place]:
    """The whole lines behind a place, up to a block of them, and the place behind those."""
    # Listed first: a segment that has a successor gets no more lines, and its end is its end.
    later = [number for number in segments(folder, function) if number > place.segment]
    try:
        with segment_file(folder, function, place.segment).open("rb") as file:
            file.seek(place.offset)
            block = file.read(BLOCK_BYTES)
            while block and b"\n" not in block and (more := file.read(BLOCK_BYTES)):
                block += more
    except FileNotFoundError:
        block = b""
    whole, newline, _ = block.rpartition(b"\n")
    if newline:
        return whole.split(b"\n"), Place(place.segment, place.offset + len(whole) + 1)
    return ([], Place(later[0], 0)) if later else ([], place)


def segments(folder: Path, function: str) -> list[int]:
    """The numbers of the segments that are kept, ascending."""
    return sorted(int(path.stem) for path in (folder / function).glob("[0-9]*.jsonl"))


def segment_file(folder: Path, function: str, number: int) -> Path:
    return folder / function / f"{number:08}.jsonl"


def _backwards(path: Path, end: int | None) -> Iterator[bytes]:
    with path.open("rb") as file:
        left = file.seek(0, 2) if end is None else end
        rest = b""
        while left:
            start = max(0, left - BLOCK_BYTES)
            file.seek(start)
            rest, *lines = (file.read(left - start) + rest).split(b"\n")
            yield from (line for line in reversed(lines) if line)
            left = start
        if rest:
            yield rest
