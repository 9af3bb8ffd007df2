"""emel's own JSON: a request's body becomes rows, and answers become a reply's body.

The other protocols, in mlflow.py and inference.py, hand their rows to Columns too, so that all refuse alike.
A row is one value per column of the signature, in its order: a string or None for a column of strings, a
float for all others, where NaN is a missing value.
"""

from __future__ import annotations

from emel_runtime.contract import MAX_BODY, MAX_ROWS, Refusal, Response
from emel_runtime.lean import dumps, loads_strictly

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
CHARSETS = ("", "utf-8", "utf8", "us-ascii", "ascii")
SHOWN = 40
"""Characters of a client's own value that an answer repeats."""
LONGEST_LIST = 1000
"""Characters of the names of all columns in an answer."""


class Columns:
    """The inputs of the model, as the manifest's signature lists them."""

    def __init__(self, columns: Sequence[Mapping[str, Any]]) -> None:
        self.names: tuple[str, ...] = tuple(column["name"] for column in columns)
        self.kinds: tuple[str, ...] = tuple(column["type"] for column in columns)
        self._known = frozenset(self.names)
        self._optional = frozenset(column["name"] for column in columns if column["missing"])

    def rows(self, value: object) -> list[Row]:
        """The rows in a body's value: an object, a list of objects, a list of lists, or either list as
        `{"instances": …}`. Errors: Refusal with status 413 or 422."""
        if isinstance(value, dict) and "instances" in value and "instances" not in self._known:
            for name in value:
                if name != "instances":
                    raise Refusal(422, f"unknown field {short(name)} beside instances", field=name)
            value = value["instances"]
        elif isinstance(value, dict):
            value = [value]
        return self.listed(value, "an object or a list of rows")

    def listed(self, items: object, expected: str = "a list of rows") -> list[Row]:
        """The rows in a list of objects or lists. Errors: Refusal with status 413 or 422."""
        if not isinstance(items, list):
            raise unfit(expected, items)
        _require_few(len(items))
        return [self._row(number, item) for number, item in enumerate(items)]

    def named(self, names: Sequence[object], table: Sequence[Sequence[object]]) -> list[Row]:
        """The rows of a table whose columns have these names, in any order.

        Errors: Refusal with status 413 or 422.
        """
        _require_few(len(table))
        places: dict[object, int] = {}
        for place, name in enumerate(names):
            if not isinstance(name, str) or name not in self._known:
                shown = name if isinstance(name, str) else described(name)
                raise Refusal(422, f"unknown column {short(shown)}", field=shown, expected=self._all())
            if name in places:
                raise Refusal(422, f"the column {short(name)} stands twice", field=name)
            places[name] = place
        for name in self.names:
            if name not in places and name not in self._optional:
                raise Refusal(422, f"the column {short(name)} is missing", field=name, expected=self._all())
        order = [places.get(name) for name in self.names]
        rows = []
        for number, line in enumerate(table):
            if len(line) != len(names):
                raise refused(number, None, f"{len(names)} values", str(len(line)))
            values = [None if place is None else line[place] for place in order]
            rows.append(self._row(number, values))
        return rows

    def _all(self) -> str:
        return ", ".join(self.names)[:LONGEST_LIST]

    def _row(self, number: int, item: object) -> Row:
        if isinstance(item, dict):
            values = self._by_name(number, item)
        elif isinstance(item, list):
            values = item
        else:
            raise unfit("an object or a list", item, row=number)
        if len(values) != len(self.names):
            raise refused(number, None, f"{len(self.names)} values", str(len(values)))
        row: Row = []
        for place, value in enumerate(values):
            # Nearly every value is a finite float in a float column: NaN and the infinities less
            # themselves are NaN.
            if type(value) is float and value - value == 0.0 and self.kinds[place] == "float":
                row.append(value)
            elif self.kinds[place] == "string":
                row.append(self._text(number, place, value))
            else:
                row.append(self._number(number, place, value))
        return row

    def _by_name(self, number: int, item: dict[str, object]) -> list[object]:
        if not item.keys() <= self._known:
            name = next(name for name in item if name not in self._known)
            raise refused(number, name, "a column of the model", f"an unknown field {short(name)}")
        for name in self.names:
            if name not in item and name not in self._optional:
                raise refused(number, name, "a value", "none")
        return [item.get(name) for name in self.names]

    def _text(self, number: int, place: int, value: object) -> str | None:
        name = self.names[place]
        if value is None and name in self._optional:
            return None
        if not isinstance(value, str):
            raise refused(number, name, EXPECTED["string"], described(value))
        try:
            # JSON can name half of a character that needs two, which is no text.
            value.encode()
        except UnicodeEncodeError:
            raise refused(number, name, "text in Unicode", f"the string {short(value)}") from None
        return value

    def _number(self, number: int, place: int, value: object) -> float:
        name, kind = self.names[place], self.kinds[place]
        if (value is None or value != value) and name in self._optional:
            return NAN
        if kind == "boolean":
            if isinstance(value, bool):
                return float(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            try:
                return float(value)
            except OverflowError:
                raise refused(number, name, "a number that fits 64 bits", "a larger one") from None
        elif isinstance(value, float) and value - value == 0.0 and value.is_integer():
            return value
        raise refused(number, name, EXPECTED[kind], described(value))


def body_of(request: Request) -> object:
    """The value of a body of JSON. Errors: Refusal with status 400, 413 or 415."""
    kind = content_type(request)
    if not is_json(kind):
        raise Refusal(415, f"send the rows as {JSON}", expected=JSON, got=kind[:SHOWN])
    return parsed(text_of(request))


def content_type(request: Request) -> str:
    """The body's type without its parameters; empty where the client names none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def is_json(kind: str) -> bool:
    """Whether a body of this type is read as JSON. One without a type is."""
    return kind in ("", JSON) or (kind.startswith("application/") and kind.endswith("+json"))


def text_of(request: Request) -> str:
    """The body as text. Errors: Refusal with status 400, 413 or 415."""
    body = request.body
    if len(body) > MAX_BODY:
        raise Refusal(
            413, "send fewer rows at a time", expected=f"at most {MAX_BODY} characters", got=str(len(body))
        )
    charset = _charset(request.headers.get("content-type", ""))
    if charset not in CHARSETS:
        raise Refusal(415, "send the body in UTF-8", expected="charset=utf-8", got=charset[:SHOWN])
    if not request.encoded and "content-encoding" not in request.headers:
        return body
    # Only bodies in Base64 or compressed ones pay for the module.
    from emel_runtime.bodies import decoded

    return decoded(request)


def parsed(body: str) -> object:
    """The value of a JSON text. Errors: Refusal with status 400."""
    try:
        return loads_strictly(body)
    except (ValueError, RecursionError) as problem:
        raise Refusal(400, f"the body is not JSON: {problem}") from None


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


def answered(body: str, rows: Sequence[Row], predictions: Sequence[object]) -> Response:
    """An answer to rows. Errors: Refusal with status 413 where a cloud would not take it."""
    if len(body) > MAX_BODY:
        detail = "the answer would be too large: send fewer rows at a time"
        raise Refusal(413, detail, expected=f"at most {MAX_BODY} characters", got=str(len(body)))
    return Response(200, body, answered=(rows, predictions))


def key_of(label: object) -> str:
    """A label as a key of `probabilities`, as JSON writes it: 1 is "1", true is "true"."""
    return label if isinstance(label, str) else dumps(label)


def unfit(expected: str, value: object, row: int | None = None) -> Refusal:
    """What a client hears whose value has another form."""
    got = described(value)
    place = "the request" if row is None else f"row {row}"
    return Refusal(422, f"{place}: expected {expected}, got {got}", row=row, expected=expected, got=got)


def refused(row: int, field: str | None, expected: str, got: str) -> Refusal:
    """What a client hears whose row does not fit the columns."""
    place = f"row {row}" if field is None else f"row {row}, field {short(field)}"
    detail = f"{place}: expected {expected}, got {got}"
    return Refusal(422, detail, row=row, field=field, expected=expected, got=got)


def described(value: object) -> str:
    """A value of a client's in a few words."""
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, str):
        return f"the string {short(value)}"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return str(value)


def short(text: str) -> str:
    """A text of a client's in quotation marks, cut."""
    return dumps(text if len(text) <= SHOWN else text[:SHOWN] + "…")


def _charset(kind: str) -> str:
    """The parameter `charset` of a content type; empty where there is none."""
    for parameter in kind.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip(" \t\"'").lower()
    return ""


def _require_few(count: int) -> None:
    if not count:
        raise Refusal(422, "there are no rows in the request", expected="at least one row", got="none")
    if count > MAX_ROWS:
        raise Refusal(413, "send fewer rows at a time", expected=f"at most {MAX_ROWS} rows", got=str(count))
