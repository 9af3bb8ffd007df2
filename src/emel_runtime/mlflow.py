"""MLflow's scoring protocol: tables in JSON or CSV become rows.

Source: mlflow.org/docs/latest/ml/deployment/deploy-model-locally, «Inference Server Specification»
(MLflow 3; `dataframe_split`, `dataframe_records`, `instances`, `inputs`, and text/csv).
"""

from __future__ import annotations

from emel_runtime.contract import Refusal
from emel_runtime.lean import dumps
from emel_runtime.protocols import (
    JSON,
    SHOWN,
    answered,
    content_type,
    is_json,
    parsed,
    short,
    text_of,
    unfit,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from emel_runtime.app import App
    from emel_runtime.contract import Request, Response
    from emel_runtime.protocols import Columns, Row

CSV = "text/csv"
FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")


def invoke(app: App, request: Request) -> Response:
    """The answer to a request for predictions. Errors: Refusal."""
    kind = content_type(request)
    if kind == CSV:
        # Nobody else needs the module that reads it.
        from emel_runtime.csvrows import csv_rows

        rows = csv_rows(app.columns, text_of(request))
    elif is_json(kind):
        rows = json_rows(app.columns, parsed(text_of(request)))
    else:
        expected = f"{JSON} or {CSV}"
        raise Refusal(415, f"send the rows as {expected}", expected=expected, got=kind[:SHOWN])
    predictions, _ = app.predict(rows)
    return answered(dumps({"predictions": predictions}), rows, predictions)


def json_rows(columns: Columns, value: object) -> list[Row]:
    """The rows in one of FORMS. Errors: Refusal with status 413 or 422."""
    expected = f"an object with one of {', '.join(FORMS)}"
    if not isinstance(value, dict):
        raise unfit(expected, value)
    given = [form for form in FORMS if form in value]
    for name in value:
        if name not in FORMS and name != "params":
            raise Refusal(422, f"unknown field {short(name)}", field=name, expected=expected)
    if len(given) != 1:
        raise Refusal(422, "name the rows once", expected=expected, got=" and ".join(given) or "none of them")
    if value.get("params") not in (None, {}):
        raise Refusal(422, "this model takes no parameters", field="params", expected="none")
    table = value[given[0]]
    if given == ["dataframe_split"]:
        return _split(columns, table)
    if given == ["inputs"] and isinstance(table, dict):
        return _by_column(columns, table)
    return columns.listed(table)


def _split(columns: Columns, table: object) -> list[Row]:
    expected = "an object of columns and data"
    if not isinstance(table, dict) or not isinstance(table.get("data"), list):
        raise unfit(f"dataframe_split as {expected}", table)
    for name in table:
        if name not in ("columns", "index", "data"):
            raise Refusal(
                422, f"unknown field {short(name)} in dataframe_split", field=name, expected=expected
            )
    data, names = table["data"], table.get("columns")
    for number, line in enumerate(data):
        if not isinstance(line, list):
            raise unfit("a list", line, row=number)
    if names is None:
        return columns.listed(data)
    if not isinstance(names, list):
        raise unfit("columns as a list of names", names)
    return columns.named(names, data)


def _by_column(columns: Columns, table: dict[str, object]) -> list[Row]:
    """A list of values, or of lists with one value each, for each column. A lone value is a list of one."""
    lists = {name: value if isinstance(value, list) else [value] for name, value in table.items()}
    lengths = {len(value) for value in lists.values()}
    if len(lengths) > 1:
        got = ", ".join(str(length) for length in sorted(lengths))
        raise Refusal(422, "the columns have different lengths", expected="as many values in each", got=got)
    lines = zip(*[map(_single, value) for value in lists.values()], strict=True)
    return columns.named(list(lists), list(lines))


def _single(value: object) -> object:
    """A column of a table by MLflow's client is a list of values or of lists of one."""
    if not isinstance(value, list):
        return value
    if len(value) != 1:
        got = f"a list of {len(value)}"
        raise Refusal(422, "a column has one value a row", expected="one value", got=got)
    return value[0]
