"""What every cloud's logs must do. A cloud joins by an entry in `WRITERS`, which fills its log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import get_args

import pytest
from tests.fakes.yandex import Emulator
from tests.fakes.yandex.ten_records import write_ten_records

from emel.clouds import Logs, open_cloud
from emel.localcloud.journal import Journal
from emel.records import LogFilter, LogLevel, LogRecord

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class StoppedClock:
    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@contextmanager
def written_locally(folder: Path) -> Iterator[Logs]:
    clock = StoppedClock()
    journal = Journal(folder / ".emel" / "local" / "logs", clock)
    for number in range(10):
        level: LogLevel = "info" if number % 3 else "error"
        fields = {"request_id": f"r-{number}", "rows": number}
        journal.platform("demo", 1 + number // 8, "", level, f"record {number}", **fields)
        clock.sleep(1)
    journal.write()
    yield open_cloud("local", state=folder / ".emel").logs


@contextmanager
def written_in_yandex_cloud(folder: Path) -> Iterator[Logs]:
    with closing(Emulator(folder / "yandex")) as emulator:
        yield write_ten_records(emulator, folder)


WRITERS: dict[str, Callable[[Path], AbstractContextManager[Logs]]] = {
    "local": written_locally,
    "yandex": written_in_yandex_cloud,
}
"""Name → function that writes ten records, a second apart from noon: every third an error, the last two of
version 2, each with a request and a field `rows`; returns what reads them."""


@pytest.fixture(params=WRITERS)
def logs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Logs]:
    with WRITERS[request.param](tmp_path) as written:
        yield written


def numbers(records: list[LogRecord]) -> list[int]:
    return [int(record.message.removeprefix("record ")) for record in records]


def read(logs: Logs, wanted: LogFilter) -> list[int]:
    return numbers(list(logs.read("demo", wanted)))


def test_all_records_come_in_the_order_of_time_with_what_they_hold(logs: Logs) -> None:
    records = list(logs.read("demo", LogFilter()))
    assert numbers(records) == list(range(10))

    first, last = records[0], records[-1]
    assert (first.level, first.function, first.version, first.request_id) == ("error", "demo", 1, "r-0")
    assert (last.version, last.request_id, last.fields) == (2, "r-9", {"rows": 9})
    assert datetime.fromisoformat(last.time) == NOON + timedelta(seconds=9)


def test_the_newest_are_taken_when_there_are_more_than_wanted(logs: Logs) -> None:
    assert read(logs, LogFilter(limit=2)) == [8, 9]


def test_records_below_the_level_are_left_out(logs: Logs) -> None:
    assert read(logs, LogFilter(level="warn")) == [0, 3, 6, 9]
    assert read(logs, LogFilter(level="warn", limit=1)) == [9]
    assert [len(read(logs, LogFilter(level=level))) for level in get_args(LogLevel)] == [10, 10, 10, 4, 4, 0]


def test_records_from_a_moment_on_and_before_another_are_taken(logs: Logs) -> None:
    span = LogFilter(since=NOON + timedelta(seconds=3), until=NOON + timedelta(seconds=6))
    assert read(logs, span) == [3, 4, 5]
    assert read(logs, LogFilter(since=NOON + timedelta(days=1))) == []


def test_records_of_another_version_are_left_out(logs: Logs) -> None:
    assert read(logs, LogFilter(version=2)) == [8, 9]
    assert read(logs, LogFilter(version=3)) == []


def test_following_begins_with_the_newest_that_are_there(logs: Logs) -> None:
    followed = logs.read("demo", LogFilter(limit=3, follow=True))
    assert numbers(list(islice(followed, 3))) == [7, 8, 9]


def test_an_absent_function_has_no_records(logs: Logs) -> None:
    assert list(logs.read("other", LogFilter())) == []
