"""emel's own JSON: a request's body becomes rows, and answers become a reply's body.

A row is one value per column of the signature, in its order: a string or None for a column of strings, a
float for all others, where NaN is a missing value.
"""

from __future__ import annotations

from emel_runtime.contract import MAX_BODY, Refusal
from emel_runtime.lean import dumps, loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from emel_runtime.contract import Request

    Row = list[float | str | None]

JSON = "application/json"
NAN = float("nan")
EXPECTED = {
    "float": "a finite number",
    "integer": "an integer",
    "boolean": "true or false",
    "string": "a string",
}
SHOWN = 40
"""Characters of a client's own value that an answer repeats."""


class Columns:
    """The inputs of the model, as the manifest's signature lists them."""

    def __init__(self, columns: Sequence[Mapping[str, Any]]) -> None:
        self.names: tuple[str, ...] = tuple(column["name"] for column in columns)
        self._known = frozenset(self.names)
        self._optional = frozenset(column["name"] for column in columns if column["missing"])
        self._kinds: tuple[str, ...] = tuple(column["type"] for column in columns)

    def rows(self, body: str) -> list[Row]:
        """The rows of a body: an object, a list of objects, a list of lists, or either list as
        `{"instances": …}`. Errors: Refusal with status 400 or 422."""
        items = self._items(_json(body))
        return [self._row(number, item) for number, item in enumerate(items)]

    def _items(self, value: object) -> list[object]:
        if isinstance(value, dict) and "instances" in value and "instances" not in self._known:
            for name in value:
                if name != "instances":
                    raise Refusal(422, f"unknown field {_short(name)} beside instances", field=name)
            value = value["instances"]
        elif isinstance(value, dict):
            value = [value]
        if not isinstance(value, list):
            raise _unfit("an object or a list of rows", value)
        if not value:
            raise Refusal(422, "there are no rows in the request", expected="at least one row", got="none")
        return value

    def _row(self, number: int, item: object) -> Row:
        if isinstance(item, dict):
            values = self._by_name(number, item)
        elif isinstance(item, list):
            values = item
        else:
            raise _unfit("an object or a list", item, row=number)
        if len(values) != len(self.names):
            raise _refused(number, None, f"{len(self.names)} values", str(len(values)))
        row: Row = []
        for place, value in enumerate(values):
            # Nearly every value is a finite float in a float column: NaN and the infinities less
            # themselves are NaN.
            if type(value) is float and value - value == 0.0 and self._kinds[place] == "float":
                row.append(value)
            elif self._kinds[place] == "string":
                row.append(self._text(number, place, value))
            else:
                row.append(self._number(number, place, value))
        return row

    def _by_name(self, number: int, item: dict[str, object]) -> list[object]:
        if not item.keys() <= self._known:
            name = next(name for name in item if name not in self._known)
            raise _refused(number, name, "a column of the model", f"an unknown field {_short(name)}")
        for name in self.names:
            if name not in item and name not in self._optional:
                raise _refused(number, name, "a value", "none")
        return [item.get(name) for name in self.names]

    def _text(self, number: int, place: int, value: object) -> str | None:
        name = self.names[place]
        if value is None and name in self._optional:
            return None
        if not isinstance(value, str):
            raise _refused(number, name, EXPECTED["string"], _described(value))
        try:
            # JSON can name half of a character that needs two, which is no text.
            value.encode()
        except UnicodeEncodeError:
            raise _refused(number, name, "text in Unicode", f"the string {_short(value)}") from None
        return value

    def _number(self, number: int, place: int, value: object) -> float:
        name, kind = self.names[place], self._kinds[place]
        if (value is None or value != value) and name in self._optional:
            return NAN
        if kind == "boolean":
            if isinstance(value, bool):
                return float(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            try:
                return float(value)
            except OverflowError:
                raise _refused(number, name, "a number that fits 64 bits", "a larger one") from None
        elif isinstance(value, float) and value - value == 0.0 and value.is_integer():
            return value
        raise _refused(number, name, EXPECTED[kind], _described(value))


def body_of(request: Request) -> str:
    """The body of a request as text. Errors: Refusal with status 400, 413 or 415."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and kind != JSON and not (kind.startswith("application/") and kind.endswith("+json")):
        raise Refusal(415, f"send the rows as {JSON}", expected=JSON, got=kind[:SHOWN])
    body = request.body
    if len(body) > MAX_BODY:
        limit = f"at most {MAX_BODY} characters"
        raise Refusal(413, "send fewer rows at a time", expected=limit, got=str(len(body)))
    if not request.encoded:
        return body
    # Only bodies in Base64 pay for the module.
    from binascii import a2b_base64

    try:
        return str(a2b_base64(body, strict_mode=True), "utf-8")
    except ValueError as problem:
        raise Refusal(400, f"the body is not text in UTF-8: {problem}") from None


def answer(
    predictions: Sequence[object],
    probabilities: Sequence[Sequence[float]] | None,
    *,
    labels: Sequence[object],
    model: Mapping[str, str],
) -> str:
    """The body of an answer."""
    body: dict[str, object] = {"predictions": predictions}
    if probabilities is not None:
        keys = [key_of(label) for label in labels]
        body["probabilities"] = [dict(zip(keys, row)) for row in probabilities]  # noqa: B905
    body["model"] = model
    return dumps(body)


def key_of(label: object) -> str:
    """A label as a key of `probabilities`, as JSON writes it: 1 is "1", true is "true"."""
    return label if isinstance(label, str) else dumps(label)


def _json(body: str) -> object:
    try:
        return loads(body)
    except (ValueError, RecursionError) as problem:
        raise Refusal(400, f"the body is not JSON: {problem}") from None


def _unfit(expected: str, value: object, row: int | None = None) -> Refusal:
    got = _described(value)
    place = "the request" if row is None else f"row {row}"
    return Refusal(422, f"{place}: expected {expected}, got {got}", row=row, expected=expected, got=got)


def _refused(row: int, field: str | None, expected: str, got: str) -> Refusal:
    place = f"row {row}" if field is None else f"row {row}, field {_short(field)}"
    detail = f"{place}: expected {expected}, got {got}"
    return Refusal(422, detail, row=row, field=field, expected=expected, got=got)


def _described(value: object) -> str:
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, str):
        return f"the string {_short(value)}"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return str(value)


def _short(text: str) -> str:
    return dumps(text if len(text) <= SHOWN else text[:SHOWN] + "…")
