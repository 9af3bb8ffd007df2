from __future__ import annotations

from pathlib import Path

import pytest

from emel.localcloud.journal import Journal, log_file, read_log
from emel.system.clock import SystemClock


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path, SystemClock())


def test_a_structured_line_keeps_its_fields(journal: Journal, tmp_path: Path) -> None:
    journal.output("demo", 3, "demo-3-1", "stdout", b'{"message": "predicted", "level": "WARN", "rows": 2}')
    journal.write()

    (record,) = read_log(tmp_path, "demo")
    assert (record.message, record.level, record.fields) == ("predicted", "warn", {"rows": 2})
    assert (record.function, record.version, record.instance) == ("demo", 3, "demo-3-1")


@pytest.mark.parametrize(("stream", "level"), [("stdout", "info"), ("stderr", "error")])
def test_a_plain_line_is_a_message(journal: Journal, tmp_path: Path, stream: str, level: str) -> None:
    journal.output("demo", 1, "i", stream, b"  indented \xff\n")
    journal.write()
    (record,) = read_log(tmp_path, "demo")
    assert (record.message, record.level) == ("  indented \ufffd", level)


@pytest.mark.parametrize("line", [b"{not json", b"[1, 2]", b'{"level": "LOUD"}', b'{"message": null}'])
def test_an_odd_line_is_kept(journal: Journal, tmp_path: Path, line: bytes) -> None:
    journal.output("demo", 1, "i", "stdout", line)
    journal.write()
    (record,) = read_log(tmp_path, "demo")
    assert record.level == "info"
    assert record.message


def test_blank_lines_are_no_records(journal: Journal, tmp_path: Path) -> None:
    journal.output("demo", 1, "i", "stdout", b"  ")
    journal.write()
    assert list(read_log(tmp_path, "demo")) == []


def test_a_record_that_was_cut_off_is_left_out(journal: Journal, tmp_path: Path) -> None:
    journal.platform("demo", 1, "", "error", "whole", status=502)
    journal.write()
    with log_file(tmp_path, "demo").open("ab") as file:
        file.write(b'{"time": "2026')
    assert [record.message for record in read_log(tmp_path, "demo")] == ["whole"]


def test_the_log_of_a_chatty_function_stays_bounded(tmp_path: Path) -> None:
    journal = Journal(tmp_path, SystemClock(), part_bytes=1000)
    for number in range(100):
        journal.output("demo", 1, "i", "stdout", f"line {number}".encode())
        journal.write()

    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 3000
    assert list(read_log(tmp_path, "demo"))[-1].message == "line 99"
