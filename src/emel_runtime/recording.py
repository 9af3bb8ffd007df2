"""Inputs and outputs for the log, where the project asks for them in emel.toml."""

from __future__ import annotations

from posix import urandom

from emel_runtime.lean import dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from emel_runtime.protocols import Row

LONGEST = 12_000
"""Characters of all inputs in a line. Yandex Cloud Logging takes a line of more than 64 KB for plain text,
and the local platform cuts it after 16."""
LONGEST_TEXT = 200
HIDDEN = "[redacted]"


def record(
    names: Sequence[str], rows: Sequence[Row], predictions: Sequence[Any], wanted: Mapping[str, Any]
) -> dict[str, object]:
    """`inputs` and `outputs` of a request, or nothing when it is not in the share that is recorded.

    `wanted` is `logging` of the manifest. Of many rows those are told for which there is room in the line;
    `rows` of the line counts all.
    """
    if int.from_bytes(urandom(4), "little") / 2**32 >= wanted["sample"]:
        return {}
    redacted = frozenset(wanted["redact"])
    inputs: list[dict[str, object]] = []
    room = LONGEST
    for row in rows:
        cells = zip(names, row, strict=True)
        told: dict[str, object] = {name: HIDDEN if name in redacted else _shown(cell) for name, cell in cells}
        room -= len(dumps(told))
        if room < 0:
            break
        inputs.append(told)
    return {"inputs": inputs, "outputs": list(predictions[: len(inputs)])}


def _shown(cell: float | str | None) -> float | str | None:
    if isinstance(cell, str):
        return cell if len(cell) <= LONGEST_TEXT else cell[:LONGEST_TEXT] + "…"
    # A number that is missing is NaN, which JSON does not have.
    return None if cell != cell else cell
