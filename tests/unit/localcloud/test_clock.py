"""Clocks of machines jump: by NTP, by hand, after a sleep. What decides by time uses one that does not."""

from __future__ import annotations

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import emel.localcloud
from emel.localcloud.journal import Journal
from emel.localcloud.logs import read_log
from emel.records import LogFilter

FOLDER = Path(emel.localcloud.__file__).parent
TELL_THE_TIME_OF_DAY = {
    "bootstrap.py": "the deadline in the handler's context, as the cloud tells it",
    "events.py": "the time of the request in the event",
    "messages.py": "the header date",
    "server.py": "the time axis of the console's charts",
}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_nothing_decides_by_the_time_of_day(path: Path) -> None:
    wall = {"time", "time_ns", "now", "utcnow", "today"}
    used = [
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in ("time", "datetime", "date")
        and node.func.attr in wall
    ]
    assert bool(used) == (path.name in TELL_THE_TIME_OF_DAY), used


def test_a_clock_that_goes_back_loses_no_log_record(tmp_path: Path) -> None:
    class Jumpy:
        def __init__(self) -> None:
            self.time = datetime(2026, 11, 22, 12, tzinfo=UTC)

        def now(self) -> datetime:
            self.time -= timedelta(hours=1)
            return self.time

        def monotonic(self) -> float:
            return 0.0

        def sleep(self, seconds: float) -> None:
            raise AssertionError

    journal = Journal(tmp_path, Jumpy())
    for number in range(5):
        journal.output("demo", 1, "i", "stdout", f"line {number}".encode())
        journal.write()
    records, _ = read_log(tmp_path, "demo", LogFilter())
    assert [record.message for record in records] == [f"line {number}" for number in range(5)]
