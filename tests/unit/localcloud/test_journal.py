from __future__ import annotations

from pathlib import Path

import pytest

from emel.localcloud.journal import Journal
from emel.localcloud.logfiles import segment_file
from emel.localcloud.logs import read_log
from emel.records import LogFilter, LogRecord
from emel.system.clock import SystemClock


def kept(folder: Path) -> list[LogRecord]:
    return read_log(folder, "demo", LogFilter())[0]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path, SystemClock())


def test_a_structured_line_keeps_its_fields(journal: Journal, tmp_path: Path) -> None:
    journal.output("demo", 3, "demo-3-1", "stdout", b'{"message": "predicted", "level": "WARN", "rows": 2}')
    journal.write()

    (record,) = kept(tmp_path)
    assert (record.message, record.level, record.fields) == ("predicted", "warn", {"rows": 2})
    assert (record.function, record.version, record.instance) == ("demo", 3, "demo-3-1")


@pytest.mark.parametrize(("stream", "level"), [("stdout", "info"), ("stderr", "error")])
def test_a_plain_line_is_a_message(journal: Journal, tmp_path: Path, stream: str, level: str) -> None:
    journal.output("demo", 1, "i", stream, b"  indented \xff\n")
    journal.write()
    (record,) = kept(tmp_path)
    assert (record.message, record.level) == ("  indented \ufffd", level)


@pytest.mark.parametrize("line", [b"{not json", b"[1, 2]", b'{"level": "LOUD"}', b'{"message": null}'])
def test_an_odd_line_is_kept(journal: Journal, tmp_path: Path, line: bytes) -> None:
    journal.output("demo", 1, "i", "stdout", line)
    journal.write()
    (record,) = kept(tmp_path)
    assert record.level == "info"
    assert record.message


def test_blank_lines_are_no_records(journal: Journal, tmp_path: Path) -> None:
    journal.output("demo", 1, "i", "stdout", b"  ")
    journal.write()
    assert kept(tmp_path) == []


def test_a_record_that_was_cut_off_is_left_out_and_spoils_no_other(journal: Journal, tmp_path: Path) -> None:
    journal.platform("demo", 1, "", "error", "whole", status=502)
    journal.write()
    with segment_file(tmp_path, "demo", 1).open("ab") as file:
        file.write(b'{"time": "2026')
    assert [record.message for record in kept(tmp_path)] == ["whole"]

    journal.platform("demo", 1, "", "info", "after the restart")
    journal.write()
    assert [record.message for record in kept(tmp_path)] == ["whole", "after the restart"]


def test_a_record_names_its_request_and_what_wrote_it(journal: Journal, tmp_path: Path) -> None:
    journal.output("demo", 1, "i", "stderr", b'{"message": "m", "request_id": "r-1", "rows": 2}')
    journal.platform("demo", 1, "", "warn", "Too many requests", request_id="r-2", status=429)
    journal.write()

    assert [(record.request_id, record.stream, record.fields) for record in kept(tmp_path)] == [
        ("r-1", "stderr", {"rows": 2}),
        ("r-2", "platform", {"status": 429}),
    ]


def test_the_log_of_a_chatty_function_stays_bounded(tmp_path: Path) -> None:
    journal = Journal(tmp_path, SystemClock(), segment_bytes=1000)
    for number in range(200):
        journal.output("demo", 1, "i", "stdout", f"line {number}".encode())
        journal.write()

    assert sum(file.stat().st_size for file in (tmp_path / "demo").iterdir()) < 10_000
    messages = [record.message for record in kept(tmp_path)]
    assert messages == [f"line {number}" for number in range(200 - len(messages), 200)]
    assert len(messages) > 20
