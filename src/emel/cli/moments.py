"""Points and spans of time as people type them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import click

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Moment(click.ParamType[datetime]):
    """`90s`, `15m`, `2h`, `1d` before now, or a date with or without a time; UTC unless a zone is named."""

    name = "moment"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return "WHEN"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        ago = _seconds(value)
        if ago is not None:
            return datetime.now(UTC) - timedelta(seconds=ago)
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            self.fail(
                f"{value!r} is no moment: write 15m, 2h, 1d, 2026-11-22 or 2026-11-22T09:30", param, ctx
            )
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Span(click.ParamType[float]):
    """`90s`, `15m`, `2h`, `1d`, as seconds."""

    name = "span"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return "SPAN"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        seconds = _seconds(value)
        if not seconds:
            self.fail(f"{value!r} is no span of time: write 90s, 15m, 2h or 1d", param, ctx)
        return seconds


def _seconds(text: str) -> float | None:
    found = re.fullmatch(r"(\d{1,6})([smhd])", text.strip())
    return float(int(found[1]) * _UNITS[found[2]]) if found else None
