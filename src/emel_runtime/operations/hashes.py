"""Categories as CatBoost takes them: by the hashes of their texts, and numbers that are known for these.

Sources: CityHash64 in its version 1.0, of which CatBoost keeps the lower 32 bits (catboost/libs/cat_feature);
for joint hashes catboost/libs/model/hash.h.
"""

from __future__ import annotations

import struct

from emel_runtime.operations import Unfit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from emel_runtime.operations import Step, Vector

    Table = dict[int, Sequence[float]]

ALL = 0xFFFFFFFFFFFFFFFF
ZERO, ONE, TWO, THREE = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F, 0xC949D7C7509E6557
MULTIPLIER = 0x9DDFEA08EB382D69
JOINT = 0x4906BA494954CB65
"""CatBoost's multiplier for the hash of several features."""
REMEMBERED = 10_000
"""Categories whose hashes are kept; a process may live long, and see more."""


def category_hashes() -> Step:
    """The hash of each element: a string, or an integer by its decimal digits. A missing one refuses the
    row."""
    known: dict[Any, float] = {}

    def hashed(cell: Any) -> float:
        if cell is None or cell != cell:
            raise Unfit("a category is missing that the model cannot do without")
        if not isinstance(cell, str) and cell != int(cell):
            raise Unfit("a category is no integer")
        data = (cell if isinstance(cell, str) else str(int(cell))).encode()
        found = float(_signed(city_hash(data)))
        if len(known) < REMEMBERED:
            known[cell] = found
        return found

    return lambda row: [known[cell] if cell in known else hashed(cell) for cell in row]


def equal(positions: memoryview, numbers: memoryview) -> Step:
    """1 where the element at the position is the number, else 0."""
    asked = list(zip(positions.tolist(), numbers.tolist()))  # noqa: B905
    return lambda row: [1.0 if row[position] == number else 0.0 for position, number in asked]


def above(positions: memoryview, borders: memoryview) -> Step:
    """1 where the element at the position, rounded to float32, is above the border, else 0."""
    asked = list(zip(positions.tolist(), borders.tolist()))  # noqa: B905
    cell = memoryview(bytearray(4)).cast("f")

    def step(row: Vector) -> Vector:
        made = []
        for position, border in asked:
            cell[0] = row[position]
            made.append(1.0 if cell[0] > border else 0.0)
        return made

    return step


def joint_lookup(
    elements: memoryview,
    lengths: memoryview,
    keys: memoryview,
    sizes: memoryview,
    numbers: memoryview,
    others: memoryview,
    widths: memoryview,
) -> Step:
    """Numbers by the joint hash of some elements: for each group `widths[i]` of them.

    Group i takes the next `lengths[i]` elements, which are integers, and has the next `sizes[i]` keys of 64
    bits, the lower half first, each with its row of numbers; what is no key has those of `others`.
    """
    positions, halves = iter(elements.tolist()), keys.tolist()
    listed, defaults = iter(numbers.tolist()), iter(others.tolist())
    groups: list[tuple[list[int], Table, Sequence[float]]] = []
    first = 0
    for length, size, width in zip(lengths.tolist(), sizes.tolist(), widths.tolist()):  # noqa: B905
        end = first + 2 * size
        known = [halves[place] | halves[place + 1] << 32 for place in range(first, end, 2)]
        first = end
        table: Table = {key: [next(listed) for _ in range(width)] for key in known}
        other: Vector = [next(defaults) for _ in range(width)]
        groups.append(([next(positions) for _ in range(length)], table, other))

    def step(row: Vector) -> Vector:
        made: list[float] = []
        for places, table, other in groups:
            joint = 0
            for place in places:
                joint = JOINT * (joint + JOINT * int(row[place])) & ALL
            made += table.get(joint, other)
        return made

    return step


def city_hash(data: bytes) -> int:
    """CityHash64 in its version 1.0."""
    size = len(data)
    if size <= 16:
        return _short(data, size)
    if size <= 32:
        return _medium(data, size)
    return _long(data, size) if size <= 64 else _longest(data, size)


def _signed(number: int) -> int:
    """The lower 32 bits as a signed integer."""
    low = number & 0xFFFFFFFF
    return low - (low >> 31 << 32)


def _at(data: bytes, place: int) -> int:
    return int.from_bytes(data[place : place + 8], "little")


def _turned(number: int, bits: int) -> int:
    number &= ALL
    return (number >> bits | number << (64 - bits)) & ALL


def _mixed(number: int) -> int:
    number &= ALL
    return number ^ number >> 47


def _joined(low: int, high: int) -> int:
    first = _mixed(((low ^ high) & ALL) * MULTIPLIER)
    return _mixed(((high ^ first) & ALL) * MULTIPLIER) * MULTIPLIER & ALL


def _short(data: bytes, size: int) -> int:
    if size > 8:
        last = _at(data, size - 8)
        return _joined(_at(data, 0), _turned(last + size, size)) ^ last
    if size >= 4:
        first = int.from_bytes(data[:4], "little")
        return _joined(size + (first << 3), int.from_bytes(data[-4:], "little"))
    if size:
        one, other = data[0] + (data[size >> 1] << 8), size + (data[-1] << 2)
        return _mixed(one * TWO ^ other * THREE) * TWO & ALL
    return TWO


def _medium(data: bytes, size: int) -> int:
    first, second = _at(data, 0) * ONE, _at(data, 8)
    third, fourth = _at(data, size - 8) * TWO, _at(data, size - 16) * ZERO
    return _joined(
        _turned(first - second, 43) + _turned(third, 30) + fourth & ALL,
        first + _turned(second ^ THREE, 20) - third + size & ALL,
    )


def _long(data: bytes, size: int) -> int:
    start = _at(data, 0) + (size + _at(data, size - 16)) * ZERO
    one, other = _half(start, _at(data, 8), _at(data, 16), _at(data, 24))
    start = _at(data, 16) + _at(data, size - 32)
    third, fourth = _half(start, _at(data, size - 24), _at(data, size - 16), _at(data, size - 8))
    mixed = _mixed((one + fourth) * TWO + (third + other) * ZERO)
    return _mixed(mixed * ZERO + other) * TWO & ALL


def _half(start: int, second: int, third: int, last: int) -> tuple[int, int]:
    turned = _turned(start + last, 52)
    other = _turned(start, 37)
    start += second
    other += _turned(start, 7)
    start += third
    return start + last & ALL, turned + _turned(start, 31) + other & ALL


def _longest(data: bytes, size: int) -> int:
    x, y, z = _at(data, 0), _at(data, size - 16) ^ ONE, _at(data, size - 56) ^ ZERO
    v = _weak(data, size - 64, size, y)
    w = _weak(data, size - 32, size * ONE, ZERO)
    z += _mixed(v[1]) * ONE
    x = _turned(z + x, 39) * ONE & ALL
    y = _turned(y, 33) * ONE & ALL
    for place in range(0, (size - 1) // 64 * 64, 64):
        x = _turned(x + y + v[0] + _at(data, place + 16), 37) * ONE & ALL
        y = _turned(y + v[1] + _at(data, place + 48), 42) * ONE & ALL
        x, y = x ^ w[1], y ^ v[0]
        z = _turned(z ^ w[0], 33)
        v = _weak(data, place, v[1] * ONE, x + w[0])
        w = _weak(data, place + 32, z + w[1], y)
        x, z = z, x
    return _joined(
        _joined(v[0], w[0]) + _mixed(y) * ONE + z & ALL,
        _joined(v[1], w[1]) + x & ALL,
    )


def _weak(data: bytes, place: int, one: int, other: int) -> tuple[int, int]:
    first, second, third, fourth = struct.unpack_from("<4Q", data, place)
    one += first
    other = _turned(other + one + fourth, 21)
    kept = one
    one += second + third
    other += _turned(one, 44)
    return one + fourth & ALL, other + kept & ALL
