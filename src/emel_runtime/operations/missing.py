"""Missing values, None among strings and NaN among numbers: filled, found, or refused."""

from __future__ import annotations

from emel_runtime.operations import Unfit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from emel_runtime.operations import Step, Vector

    Cell = float | str | None

GAP = "a value is missing that the model cannot do without"


def fill(kinds: memoryview, texts: list[str], numbers: memoryview, marker: Cell) -> Step:
    """Missing values are replaced, by the next of `texts` for a position whose kind is 1, else of `numbers`.

    `marker` is what stands for a missing value; null for those that are missing indeed, which are refused
    where another value marks them.
    """
    words, values = iter(texts), iter(numbers.tolist())
    fills: list[Any] = [next(words) if kind else next(values) for kind in kinds.tolist()]
    lacks = _lacking(marker)
    return lambda row: [
        other if lacks(value) else value
        for value, other in zip(row, fills)  # noqa: B905
    ]


def missing(marker: Cell) -> Step:
    """1 for each position that is missing, else 0."""
    lacks = _lacking(marker)
    return lambda row: [1.0 if lacks(value) else 0.0 for value in row]


def require(positions: memoryview, marker: Cell) -> Step:
    """The row as it is, if none of these positions is missing."""
    needed = positions.tolist()
    lacks = _lacking(marker)

    def step(row: Sequence[Any]) -> Vector:
        for position in needed:
            if lacks(row[position]):
                raise Unfit(GAP)
        return row

    return step


def _lacking(marker: Cell) -> Callable[[Any], bool]:
    if marker is None:
        return lambda value: value is None or value != value

    def lacks(value: Any) -> bool:
        if value is None or value != value:
            raise Unfit(GAP)
        return bool(value == marker)

    return lacks
