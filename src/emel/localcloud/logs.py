"""Reading the log of a function: what is kept, and what comes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

import msgspec

from emel.localcloud.logfiles import Place, end_of, lines_after, lines_before
from emel.records import LOG_LEVELS, LogFilter, LogRecord
from emel.system.clock import Clock

LOOK_SECONDS = 0.1
"""How often someone who follows a log looks for more."""


def read_log(folder: Path, function: str, wanted: LogFilter) -> tuple[list[LogRecord], Place]:
    """The records that are kept and wanted, oldest first, and the place in the log behind them.

    The log is read from its end until `limit` is met. A line that was cut off is left out.
    """
    end = end_of(folder, function)
    lines = lines_before(folder, function, end, lambda last: _reaches(last, wanted))
    found = list(islice(_records(lines, wanted), wanted.limit))
    return found[::-1], end


def read_further(
    folder: Path, function: str, place: Place, wanted: LogFilter
) -> tuple[list[LogRecord], Place]:
    """Wanted records behind a place, and the place behind them, which is the same when nothing came."""
    lines, behind = lines_after(folder, function, place)
    return list(_records(iter(lines), wanted)), behind


def follow_log(folder: Path, function: str, wanted: LogFilter, clock: Clock) -> Iterator[LogRecord]:
    """The records that are kept and wanted, then those that come, without an end.

    Needs no running server, and goes on when one comes, goes, or begins another segment.
    """
    records, place = read_log(folder, function, wanted)
    while True:
        yield from records
        before = place
        records, place = read_further(folder, function, place, wanted)
        if place == before:
            clock.sleep(LOOK_SECONDS)


class _Moment(msgspec.Struct):
    """Of a record, only when it was written."""

    time: datetime


def _reaches(last: bytes, wanted: LogFilter) -> bool:
    """Whether a segment with this last line may hold records that are late enough."""
    if wanted.since is None:
        return True
    try:
        return msgspec.json.decode(last, type=_Moment).time >= wanted.since
    except msgspec.DecodeError:
        return True


def _records(lines: Iterator[bytes], wanted: LogFilter) -> Iterator[LogRecord]:
    decoder = msgspec.json.Decoder(LogRecord)
    # Most lines are sorted out before they are decoded, which costs ten times as much.
    least = LOG_LEVELS.index(wanted.level)
    has_level = re.compile(f'"level":"(?:{"|".join(LOG_LEVELS[least:])})"'.encode()).search
    for line in lines:
        if least and not has_level(line):
            continue
        try:
            record = decoder.decode(line)
        except msgspec.DecodeError:
            continue
        if wanted.takes(record):
            yield record
