from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click
import pytest

from emel.cli.moments import Moment
from emel.cli.render import log_record
from emel.records import LogRecord

RECORD = LogRecord(
    time="2026-11-22T09:30:01.250+00:00",
    level="warn",
    message="POST /predict 422",
    function="churn",
    version=3,
    instance="churn-3-1",
    stream="stdout",
    request_id="r-1",
    fields={"rows": 2, "version": "v1.0.0"},
)


def test_a_record_is_one_line_with_all_that_it_holds() -> None:
    assert log_record(RECORD).plain == (
        "2026-11-22 09:30:01.250 WARN  v3 POST /predict 422 request_id=r-1 rows=2 version=v1.0.0"
    )


def test_what_a_terminal_would_obey_is_shown_instead() -> None:
    record = LogRecord(
        time=RECORD.time, level="info", message="a\x1b[2Jb\nc", function="f", version=1, instance=""
    )
    assert log_record(record).plain.endswith("v1 a\\x1b[2Jb\\nc")


@pytest.mark.parametrize(("typed", "seconds"), [("90s", 90), ("15m", 900), ("2h", 7200), (" 1d", 86400)])
def test_a_span_is_before_now(typed: str, seconds: int) -> None:
    now = datetime.now(UTC)
    moment = Moment().convert(typed, None, None)
    assert timedelta(0) <= moment - (now - timedelta(seconds=seconds)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("2026-11-22", datetime(2026, 11, 22, tzinfo=UTC)),
        ("2026-11-22T09:30", datetime(2026, 11, 22, 9, 30, tzinfo=UTC)),
        ("2026-11-22 09:30+03:00", datetime(2026, 11, 22, 6, 30, tzinfo=UTC)),
    ],
)
def test_a_moment_without_a_zone_is_in_utc(typed: str, moment: datetime) -> None:
    assert Moment().convert(typed, None, None) == moment


@pytest.mark.parametrize("typed", ["yesterday", "", "15", "15 minutes", "2026-13-01", "9999999d"])
def test_what_is_no_moment_is_refused_with_examples(typed: str) -> None:
    with pytest.raises(click.BadParameter, match="write 15m, 2h"):
        Moment().convert(typed, None, None)
