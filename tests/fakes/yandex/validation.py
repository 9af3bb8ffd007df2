"""The protos' own rules: yandex/cloud/validation.proto, as the installed descriptors carry them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor, OneofDescriptor
from google.protobuf.message import Message

from yandex.cloud import validation_pb2 as rules

MESSAGE = FieldDescriptor.TYPE_MESSAGE
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def violations(message: Message, path: str = "") -> Iterator[str]:
    """Each rule that the message breaks, as `field: what is wrong`."""
    for oneof in message.DESCRIPTOR.oneofs:
        yield from _of_oneof(message, oneof, path)
    for field in message.DESCRIPTOR.fields:
        yield from _of_field(message, field, f"{path}{field.name}")


def _of_oneof(message: Message, oneof: OneofDescriptor, path: str) -> Iterator[str]:
    if oneof.GetOptions().Extensions[rules.exactly_one] and message.WhichOneof(oneof.name) is None:
        yield f"{path}{oneof.name}: exactly one of {', '.join(field.name for field in oneof.fields)}"


def _of_field(message: Message, field: FieldDescriptor, path: str) -> Iterator[str]:
    given = field.GetOptions().Extensions
    value = getattr(message, field.name)
    if field.is_repeated:
        yield from _of_many(field, value, path)
        return
    present = message.HasField(field.name) if field.has_presence else bool(value)
    if given[rules.required] and not present:
        yield f"{path}: is required"
    # A field of proto3 that was left out looks like one with its default, which no rule is asked of.
    if present:
        yield from _of_value(field, value, path)


def _of_many(field: FieldDescriptor, values: Any, path: str) -> Iterator[str]:
    given = field.GetOptions().Extensions
    if given[rules.required] and not values:
        yield f"{path}: is required"
    if given[rules.size] and not _within(len(values), given[rules.size]):
        yield f"{path}: has {len(values)} elements, allowed are {given[rules.size]}"
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        entry = field.message_type.fields_by_name["value"]
        for key, value in values.items():
            yield from _of_key(given[rules.map_key], key, path)
            yield from _of_value(field, value, f"{path}[{key}]", entry)
        return
    if given[rules.unique] and len({str(value) for value in values}) < len(values):
        yield f"{path}: has an element twice"
    for index, value in enumerate(values):
        yield from _of_value(field, value, f"{path}[{index}]")


def _of_key(rule: rules.MapKeySpec, key: str, path: str) -> Iterator[str]:
    if rule.pattern and not re.fullmatch(rule.pattern, key):
        yield f"{path}: the key {key!r} does not match {rule.pattern}"
    if rule.length and not _within(len(key), rule.length):
        yield f"{path}: the key {key!r} has a length that is not {rule.length}"


def _of_value(
    field: FieldDescriptor, value: Any, path: str, kind: FieldDescriptor | None = None
) -> Iterator[str]:
    """The rules stand at `field`; `kind` tells the type, where that is the value of a map."""
    given = field.GetOptions().Extensions
    kind = kind or field
    if given[rules.pattern] and not re.fullmatch(given[rules.pattern], value):
        yield f"{path}: {value!r} does not match {given[rules.pattern]}"
    if given[rules.length] and not _within(len(value), given[rules.length]):
        yield f"{path}: has length {len(value)}, allowed is {given[rules.length]}"
    if given[rules.bytes] and not _within(_size(value), given[rules.bytes]):
        yield f"{path}: has {_size(value)} bytes, allowed is {given[rules.bytes]}"
    if given[rules.value] and not _within(_number(value), given[rules.value]):
        yield f"{path}: is {_number(value):g}, allowed is {given[rules.value]}"
    if kind.type == MESSAGE:
        yield from violations(value, f"{path}.")


def _size(value: Any) -> int:
    return value.ByteSize() if isinstance(value, Message) else len(value.encode())


def _number(value: Any) -> float:
    return value.seconds + value.nanos / 1e9 if isinstance(value, Message) else value


def _within(number: float, rule: str) -> bool:
    """Whether a number keeps to a rule such as `1-63`, `<=600`, `>0` or `0s-3600s`."""
    compared = re.fullmatch(r"(<=|>=|<|>)(.+)", rule)
    if compared:
        limit = _limit(compared[2])
        signs = {"<=": number <= limit, ">=": number >= limit, "<": number < limit, ">": number > limit}
        return signs[compared[1]]
    low, dash, high = rule.partition("-")
    return _limit(low) <= number <= _limit(high if dash else low)


def _limit(text: str) -> float:
    unit = _SECONDS.get(text[-1])
    return float(text) if unit is None else float(text[:-1]) * unit
