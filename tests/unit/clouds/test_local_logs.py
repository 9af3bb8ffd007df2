from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from emel.clouds import Logs, open_cloud
from emel.localcloud.journal import Journal
from emel.records import LogFilter

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


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    """Ten records, a second apart; every third one an error."""
    clock = StoppedClock()
    journal = Journal(tmp_path / ".emel" / "local" / "logs", clock)
    for number in range(10):
        journal.platform("demo", 1, "", "info" if number % 3 else "error", f"record {number}")
        clock.sleep(1)
    journal.write()
    return open_cloud("local", state=tmp_path / ".emel").logs


def test_the_newest_records_come_in_the_order_of_time(logs: Logs) -> None:
    assert [record.message for record in logs.read("demo", LogFilter(limit=2))] == ["record 8", "record 9"]


def test_records_below_the_level_are_left_out(logs: Logs) -> None:
    assert [record.message[-1] for record in logs.read("demo", LogFilter(level="warn"))] == [
        "0",
        "3",
        "6",
        "9",
    ]


def test_records_before_the_moment_are_left_out(logs: Logs) -> None:
    since = NOON + timedelta(seconds=8)
    assert [record.message[-1] for record in logs.read("demo", LogFilter(since=since))] == ["8", "9"]


def test_records_of_another_version_or_of_later_are_left_out(logs: Logs) -> None:
    until = NOON + timedelta(seconds=2)
    assert [record.message[-1] for record in logs.read("demo", LogFilter(until=until))] == ["0", "1"]
    assert list(logs.read("demo", LogFilter(version=2))) == []


def test_an_absent_function_has_no_records(logs: Logs) -> None:
    assert list(logs.read("other", LogFilter())) == []
