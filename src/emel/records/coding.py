"""Records to JSON and back."""

from __future__ import annotations

from typing import TypeVar

import msgspec

Value = TypeVar("Value")


def to_json(value: object) -> bytes:
    """A record, or a sequence of them, as one line of JSON; paths become text."""
    return msgspec.json.encode(value, enc_hook=str)


def from_json(data: bytes, kind: type[Value]) -> Value:
    """The record of type `kind` in a JSON text. Errors: msgspec.DecodeError."""
    return msgspec.json.decode(data, type=kind, dec_hook=lambda path, text: path(text))
