"""When requests come: patterns of traffic as ascending moments, in seconds from the beginning."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import NamedTuple

from emel.errors import ConfigError

DAY = 86400.0
BURST_EVERY = 60.0
BURST_SECONDS = 5.0
SEED = 0
"""The same traffic gives the same result."""


class Traffic(NamedTuple):
    """Requests, and how long they come for."""

    arrivals: Iterator[float]
    seconds: float


def constant(rps: float, seconds: float) -> Traffic:
    """Evenly spaced."""
    return Traffic((number / rps for number in range(round(rps * seconds))), seconds)


def poisson(rps: float, seconds: float) -> Traffic:
    """At random, each without knowing of the others."""
    return Traffic(_random(lambda _: rps, rps, seconds), seconds)


def burst(rps: float, seconds: float) -> Traffic:
    """The requests of each minute in its first five seconds, at random; `rps` is the mean."""
    high = rps * BURST_EVERY / BURST_SECONDS

    def rate(moment: float) -> float:
        return high if moment % BURST_EVERY < BURST_SECONDS else 0.0

    return Traffic(_random(rate, high, seconds), seconds)


def daily(rps: float, seconds: float) -> Traffic:
    """A wave of 24 hours, at random: none at midnight, where it begins, twice the mean `rps` at noon."""

    def rate(moment: float) -> float:
        return rps * (1 - math.cos(2 * math.pi * moment / DAY))

    return Traffic(_random(rate, 2 * rps, seconds), seconds)


PATTERNS: dict[str, Callable[[float, float], Traffic]] = {
    "constant": constant,
    "poisson": poisson,
    "burst": burst,
    "daily": daily,
}
"""Name → function of the mean requests a second and the length in seconds."""


def recorded(file: Path) -> Traffic:
    """Traffic of a CSV file: each line a request at its `time`, or with a column `rps` a rate from then on.

    Times are seconds or ISO 8601; the first is the beginning. Requests of a rate come at random; the last
    line only says when the rate before it ends. Errors: ConfigError with the line.
    """
    rows = _rows(file)
    first, last = rows[0][0], rows[-1][0]
    if last <= first:
        raise ConfigError("the traffic has no length", where=str(file), hint="give at least two times")
    if rows[0][1] is None:
        return Traffic((moment - first for moment, _ in rows), last - first)
    return Traffic(_stepwise([(moment - first, rate or 0.0) for moment, rate in rows]), last - first)


def _random(rate: Callable[[float], float], highest: float, seconds: float) -> Iterator[float]:
    """A Poisson process of a changing rate: one of the highest, thinned out (Lewis and Shedler, 1979)."""
    chance = Random(SEED)
    moment = chance.expovariate(highest)
    while moment < seconds:
        if chance.random() * highest < rate(moment):
            yield moment
        moment += chance.expovariate(highest)


def _stepwise(rates: list[tuple[float, float]]) -> Iterator[float]:
    chance = Random(SEED)
    for (begin, rate), (end, _) in pairwise(rates):
        moment = begin + (chance.expovariate(rate) if rate else math.inf)
        while moment < end:
            yield moment
            moment += chance.expovariate(rate)


def _rows(file: Path) -> list[tuple[float, float | None]]:
    try:
        with file.open(newline="", encoding="utf-8") as lines:
            reader = csv.DictReader(lines)
            names = reader.fieldnames or ()
            if "time" not in names:
                raise ConfigError(
                    "the file has no column `time`",
                    where=f"{file}:1",
                    hint="begin it with a line `time` or `time,rps`",
                )
            rows = [_row(row, "rps" in names, f"{file}:{reader.line_num}") for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise ConfigError(
            f"the traffic cannot be read: {problem}", where=str(file), hint="give a CSV file in UTF-8"
        ) from problem
    if not rows:
        raise ConfigError("the file has no line of traffic", where=str(file), hint="give at least two times")
    for number, (earlier, later) in enumerate(pairwise(rows), 3):
        if later[0] < earlier[0]:
            raise ConfigError(
                "the times do not ascend", where=f"{file}:{number}", hint="sort the file by `time`"
            )
    return rows


def _row(row: dict[str, str | None], has_rate: bool, where: str) -> tuple[float, float | None]:
    time = row.get("time") or ""
    try:
        rate = float(row.get("rps") or "") if has_rate else None
        moment = (
            float(time) if time.replace(".", "", 1).isdigit() else datetime.fromisoformat(time).timestamp()
        )
    except ValueError as problem:
        raise ConfigError(
            f"not a moment of traffic: {problem}",
            where=where,
            hint="a time is seconds or ISO 8601, a rate is requests a second",
        ) from problem
    if rate is not None and not (0 <= rate < math.inf):
        raise ConfigError(f"a rate of {rate:g} cannot be", where=where, hint="give 0 or more")
    return moment, rate
