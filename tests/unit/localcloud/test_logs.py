"""Reading a log from its end, and following it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emel.localcloud import logfiles
from emel.localcloud.journal import Journal
from emel.localcloud.logs import follow_log, read_log
from emel.records import LogFilter

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class ReaderClock:
    """The clock of one who follows: while he waits, something happens."""

    def __init__(self, happenings: Iterator[None]) -> None:
        self._happenings = happenings

    def now(self) -> datetime:
        return NOON

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        next(self._happenings)


def write(folder: Path, *messages: str, segment_bytes: int = 1000) -> None:
    """What a server that was started anew writes."""
    journal = Journal(folder, ReaderClock(iter(())), segment_bytes)
    for message in messages:
        journal.platform("demo", 1, "", "info", message)
        journal.write()


def test_following_begins_with_what_is_there_and_goes_on_over_segments_and_restarts(tmp_path: Path) -> None:
    write(tmp_path, "a", "b", "c")

    def happen() -> Iterator[None]:
        yield None
        write(tmp_path, *"de")
        yield None
        write(tmp_path, *"fghijklmno")
        yield None
        write(tmp_path, "p")
        yield None

    clock = ReaderClock(happen())
    followed = follow_log(tmp_path, "demo", LogFilter(limit=2), clock)

    assert [record.message for record in islice(followed, 15)] == list("bcdefghijklmnop")
    assert len(logfiles.segments(tmp_path, "demo")) > 2


def test_following_waits_for_a_function_that_has_written_nothing_yet(tmp_path: Path) -> None:
    def happen() -> Iterator[None]:
        yield None
        write(tmp_path, "first")
        yield None

    (record,) = islice(follow_log(tmp_path, "demo", LogFilter(), ReaderClock(happen())), 1)
    assert record.message == "first"


def test_half_a_line_is_read_when_it_is_whole(tmp_path: Path) -> None:
    write(tmp_path, "a", "b")
    file = logfiles.segment_file(tmp_path, "demo", 1)
    whole = file.read_bytes()
    file.write_bytes(whole[:-20])

    def happen() -> Iterator[None]:
        file.write_bytes(whole)
        yield None

    followed = follow_log(tmp_path, "demo", LogFilter(), ReaderClock(happen()))
    assert [record.message for record in islice(followed, 2)] == ["a", "b"]


def test_a_reader_that_fell_behind_goes_on_with_what_is_kept(tmp_path: Path) -> None:
    write(tmp_path, "a")

    def happen() -> Iterator[None]:
        write(tmp_path, *[str(number) for number in range(300)])
        yield None

    followed = follow_log(tmp_path, "demo", LogFilter(), ReaderClock(happen()))
    assert next(followed).message == "a"
    rest = [int(record.message) for record in islice(followed, 10)]
    assert rest == list(range(rest[0], rest[0] + 10))


@settings(max_examples=30)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=40), st.integers(1, 50))
def test_read_backwards_or_forwards_the_lines_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int], segment_lines: int
) -> None:
    folder = tmp_path_factory.mktemp("log")
    lines = [f"{number}:".encode().ljust(length, b".") for number, length in enumerate(lengths)]
    for line in lines:
        logfiles.append(folder, "demo", line + b"\n", segment_bytes=segment_lines * 100)
    backwards = list(logfiles.lines_before(folder, "demo", logfiles.end_of(folder, "demo"), lambda _: True))
    forwards, place = [], logfiles.Place(0, 0)
    while True:
        got, behind = logfiles.lines_after(folder, "demo", place)
        forwards += got
        if behind == place:
            break
        place = behind

    assert forwards == backwards[::-1] == lines[-len(forwards) :]
    assert place == logfiles.end_of(folder, "demo")


def test_the_newest_of_a_million_lines_are_read_without_the_rest(tmp_path: Path) -> None:
    write(tmp_path, "x")
    line = logfiles.segment_file(tmp_path, "demo", 1).read_bytes()
    for _ in range(200):
        logfiles.append(tmp_path, "demo", line * 5_000)
    *older, _newest = logfiles.segments(tmp_path, "demo")
    for number in older:
        # What cannot be opened fails; what is not needed is not missed.
        blocked = logfiles.segment_file(tmp_path, "demo", number)
        assert blocked.stat().st_size < 1.1 * logfiles.SEGMENT_BYTES
        blocked.unlink()
        blocked.mkdir()

    assert len(older) + 1 == logfiles.KEPT_SEGMENTS
    assert len(read_log(tmp_path, "demo", LogFilter(limit=1000))[0]) == 1000


def test_of_segments_that_are_older_than_asked_for_only_the_end_is_read(tmp_path: Path) -> None:
    write(tmp_path, *[str(number) for number in range(30)])
    seen: list[bytes] = []

    def refuse(last: bytes) -> bool:
        seen.append(last)
        return False

    end = logfiles.end_of(tmp_path, "demo")
    assert list(logfiles.lines_before(tmp_path, "demo", end, refuse)) == []
    assert len(seen) == len(logfiles.segments(tmp_path, "demo")) > 2
    assert read_log(tmp_path, "demo", LogFilter(since=NOON + timedelta(seconds=1)))[0] == []
    assert len(read_log(tmp_path, "demo", LogFilter(since=NOON))[0]) > 20
