"""The cells of a sweep: which values each parameter takes, and their combinations."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from emel.errors import PipelineError
from emel.experiments.params import parse

OPENING, CLOSING = "[{(", "]})"


def cells(settings: Sequence[str], *, count: int | None = None, seed: int = 0) -> tuple[tuple[str, ...], ...]:
    """Each combination of `[FILE:]name=value,value,…` as assignments for `Pipeline.set_params`.

    Without `count` the whole grid, the last parameter changing fastest; with it so many different cells,
    drawn at random with `seed`, or the whole grid where it has no more. Errors: PipelineError for a setting
    that names no parameter, no value, or a parameter that another one names too.
    """
    axes = grid(settings)
    total = math.prod(len(axis) for axis in axes)
    if count is None or count >= total:
        return tuple(_cell(axes, number) for number in range(total))
    return tuple(_cell(axes, number) for number in random.Random(seed).sample(range(total), count))


def grid(settings: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The assignments of each parameter, whose combinations are the cells. Errors: as of `cells`."""
    names = [parse(setting)[:2] for setting in settings]
    twice = next((name for path, name in names if names.count((path, name)) > 1), None)
    if twice is not None:
        raise PipelineError(
            f"`{twice}` is set twice", hint="write all of its values once: --set name=value,value"
        )
    return tuple(_axis(setting) for setting in settings)


def split_values(text: str) -> tuple[str, ...]:
    """The values between commas; a comma inside brackets or quotes belongs to its value."""
    values, depth, quote = [""], 0, ""
    for char in text:
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'" and not values[-1].strip():
            quote = char
        elif char in OPENING:
            depth += 1
        elif char in CLOSING:
            depth -= 1
        elif char == "," and depth == 0:
            values.append("")
            continue
        values[-1] += char
    return tuple(dict.fromkeys(value.strip() for value in values))


def _axis(setting: str) -> tuple[str, ...]:
    """The assignments of one parameter."""
    _, _, text = parse(setting)
    left = setting.partition("=")[0].strip()
    values = split_values(text)
    if "" in values:
        raise PipelineError(
            f"{setting!r} has an empty value", hint="write values with commas between: --set depth=2,4,8"
        )
    return tuple(f"{left}={value}" for value in values)


def _cell(axes: Sequence[Sequence[str]], number: int) -> tuple[str, ...]:
    """The combination with this number, without making those before it."""
    chosen: list[str] = []
    for axis in reversed(axes):
        number, position = divmod(number, len(axis))
        chosen.append(axis[position])
    return tuple(reversed(chosen))
