"""Secrets taken out of everything that a report is made of, before it is text of any kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from msgspec import Struct, structs

from emel.records import Picture

Value = TypeVar("Value", bound=Struct)


def masked(value: Value, mask: Callable[[str], str]) -> Value:
    """The same record with all text in it gone through `mask`, at any depth: names, labels, plots' data."""
    return structs.replace(
        value, **{field: _masked(getattr(value, field), mask) for field in value.__struct_fields__}
    )


def _masked(value: Any, mask: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, (tuple, list)):
        return type(value)(_masked(item, mask) for item in value)
    if isinstance(value, Mapping):
        return {_masked(key, mask): _masked(item, mask) for key, item in value.items()}
    if isinstance(value, Struct) and not isinstance(value, Picture):
        return masked(value, mask)
    return value
