"""Cloud Logging, and what is worked out from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest
from tests.fakes.clocks import HastyClock
from tests.fakes.yandex import Emulator
from tests.fakes.yandex.client import emulated
from tests.fakes.yandex.logs import add_entry
from tests.fakes.yandex.ten_records import NOON, write_ten_records

from emel.clouds import Cloud, Logs
from emel.clouds.yandex.status import Report, read_report
from emel.records import Bundle, FunctionSettings, LogFilter

REPORT = (
    "REPORT RequestID: {} Duration: {} ms Billed Duration: {} ms Memory Size: 256 MB "
    "Max Memory Used: 22 MB Queuing Duration: 0.027 ms"
)


@pytest.fixture
def cloud(emulator: Emulator, bundle: Bundle) -> Cloud:
    cloud = emulated(emulator)
    cloud.functions.create_version("demo", bundle, FunctionSettings())
    return cloud


@pytest.fixture
def function(emulator: Emulator, cloud: Cloud) -> str:
    """The identifier of the function `demo`."""
    [identifier] = emulator.state.functions
    return identifier


def write_call(emulator: Emulator, function: str, number: int, *, status: int = 200, init: str = "") -> None:
    """The lines of one call: the cloud's own, and the function's between them."""
    [version] = emulator.state.functions[function].versions
    request = f"r{number}"
    add_entry(emulator.state, function, f"START RequestID: {request} Version: {version}")
    fields = {"request_id": request, "status": status, "latency_ms": 1.25}
    level = "ERROR" if status >= 500 else "INFO"
    add_entry(emulator.state, function, f"POST / {status}", level=level, fields=fields)
    add_entry(emulator.state, function, f"END RequestID: {request}")
    add_entry(emulator.state, function, REPORT.format(request, 10.5 * number, 100) + init)


def numbers(logs: Logs, wanted: LogFilter) -> list[int]:
    return [int(record.message.removeprefix("record ")) for record in logs.read("demo", wanted)]


def test_records_come_oldest_first_with_version_level_and_request(emulator: Emulator, tmp_path: Path) -> None:
    records = list(write_ten_records(emulator, tmp_path).read("demo", LogFilter()))
    first, last = records[0], records[-1]
    assert [record.message for record in records] == [f"record {number}" for number in range(10)]
    assert (first.level, first.function, first.version, first.request_id) == ("error", "demo", 1, "r-0")
    assert (last.version, last.request_id, last.fields) == (2, "r-9", {"rows": 9})
    assert datetime.fromisoformat(last.time) == NOON + timedelta(seconds=9)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (LogFilter(limit=2), [8, 9]),
        (LogFilter(level="warn"), [0, 3, 6, 9]),
        (LogFilter(level="warn", limit=1), [9]),
        (LogFilter(since=NOON + timedelta(seconds=3), until=NOON + timedelta(seconds=6)), [3, 4, 5]),
        (LogFilter(since=NOON + timedelta(days=1)), []),
        (LogFilter(version=2), [8, 9]),
        (LogFilter(version=3), []),
    ],
)
def test_only_what_is_wanted_is_given(
    emulator: Emulator, tmp_path: Path, wanted: LogFilter, expected: list[int]
) -> None:
    assert numbers(write_ten_records(emulator, tmp_path), wanted) == expected


def test_a_log_of_many_pages_is_read_at_the_pace_that_the_cloud_takes(
    emulator: Emulator, function: str
) -> None:
    clock = HastyClock()
    for number in range(5):
        write_call(emulator, function, number)
    emulator.state.page_limit = 3
    assert len(list(emulated(emulator, clock=clock).logs.read("demo", LogFilter()))) == 5
    assert set(clock.slept) == {0.25}


def test_the_newest_are_found_without_reading_all_that_is_kept(emulator: Emulator, function: str) -> None:
    clock = HastyClock()
    old = datetime.now(UTC) - timedelta(days=1)
    for number in range(2500):
        add_entry(emulator.state, function, f"old {number}", moment=old)
    for number in range(3):
        write_call(emulator, function, number)
    emulator.state.calls.clear()
    read = emulated(emulator, clock=clock).logs.read
    assert [record.request_id for record in read("demo", LogFilter(limit=2))] == ["r1", "r2"]
    assert len([call for call in emulator.state.calls if call.endswith("/Read")]) == 2
    assert len(list(read("demo", LogFilter(limit=2400)))) == 2400


def test_a_follower_hears_what_comes_and_nothing_twice(
    emulator: Emulator, cloud: Cloud, function: str
) -> None:
    write_call(emulator, function, 1)
    records = cloud.logs.read("demo", LogFilter(follow=True))
    assert [record.request_id for record in islice(records, 1)] == ["r1"]
    write_call(emulator, function, 2)
    write_call(emulator, function, 3)
    assert [record.request_id for record in islice(records, 2)] == ["r2", "r3"]


def test_the_log_of_another_function_is_not_shown(emulator: Emulator, cloud: Cloud) -> None:
    add_entry(emulator.state, "d4eother", "not ours")
    assert list(cloud.logs.read("demo", LogFilter())) == []
    assert list(cloud.logs.read("absent", LogFilter())) == []


def test_the_status_is_worked_out_from_the_reports_of_the_calls(
    emulator: Emulator, cloud: Cloud, function: str
) -> None:
    write_call(emulator, function, 1, init=" Function Init Duration: 225.298 ms")
    write_call(emulator, function, 2, status=500)
    write_call(emulator, function, 3)
    status = cloud.functions.status("demo")
    assert (status.calls, status.errors, status.cold_starts) == (3, 1, 1)
    assert (status.p50_seconds, status.p99_seconds) == (0.021, 0.0315)
    assert status.billed_gb_seconds == pytest.approx(3 * 0.1 * 0.25)


def test_the_documented_report_is_read_from_one_line_or_several() -> None:
    lines = """REPORT RequestID: 34dc9533-ed6e-4468-b9f2-2aa082266fad
    Duration: 236.606 ms
    Billed Duration: 300 ms
    Memory Size: 128 MB
    Max Memory Used: 22 MB
    Queuing Duration: 0.027 ms
    Function Init Duration: 225.298 ms"""
    expected = Report(seconds=236.606 / 1000, billed_seconds=300 / 1000, memory=128, cold=True)
    assert read_report(lines) == expected
    assert read_report(" ".join(lines.split())) == expected
    assert read_report("END RequestID: 34dc9533") is None
