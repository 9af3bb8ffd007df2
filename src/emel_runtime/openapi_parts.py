"""What the operations of the contract have in common: schemas of rows and answers, and their frame."""

from __future__ import annotations

from emel_runtime.contract import MAX_ROWS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    Json = dict[str, Any]

TYPES = {"float": "number", "integer": "integer", "boolean": "boolean", "string": "string"}
REFUSALS = {
    "400": "The body cannot be read",
    "413": "The body or the answer is too large",
    "415": "The body has another content type",
    "422": "A row does not have the columns, or a value not the type, that the model takes; or it cannot "
    "answer the row",
}
PROBLEM: Json = {
    "type": "object",
    "description": "What is wrong with the request (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "row": {"type": "integer", "description": "The row, counted from 0"},
        "field": {"type": "string"},
        "expected": {"type": "string"},
        "got": {"type": "string"},
    },
}
TEXT: Json = {"type": "string"}
SCALAR: Json = {"type": ["number", "string", "boolean", "null"]}


def get(name: str, summary: str, schema: Json) -> Json:
    """An operation that reads, and never refuses."""
    return {"operationId": name, "summary": summary, "responses": {"200": answered(summary, schema)}}


def post(name: str, summary: str, content: Json, answer: Json, *, guarded: bool) -> Json:
    """An operation that predicts; `content` is what it takes, by media type."""
    refused = {"content": {"application/problem+json": {"schema": reference("Problem")}}}
    operation: Json = {
        "operationId": name,
        "summary": summary,
        "requestBody": {"required": True, "content": content},
        "responses": {
            "200": answered("Predictions", answer),
            **{status: {"description": text, **refused} for status, text in REFUSALS.items()},
        },
    }
    if guarded:
        operation["security"] = [{"key": []}]
        operation["responses"]["401"] = {"description": "The key is missing or another", **refused}
    return operation


def answered(description: str, schema: Json) -> Json:
    """A response in JSON."""
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def reference(name: str) -> Json:
    """What is described once, under `components`."""
    return {"$ref": f"#/components/schemas/{name}"}


def object_of(properties: Json, *, required: Sequence[str] | None = None, closed: bool = False) -> Json:
    """An object; all its members are required unless some are named. A closed one has no others."""
    told: Json = {"type": "object", "properties": properties}
    told["required"] = list(properties) if required is None else list(required)
    if closed:
        told["additionalProperties"] = False
    return told


def row(columns: Sequence[Json]) -> Json:
    """A row as an object."""
    required = [column["name"] for column in columns if not column["missing"]]
    return object_of({column["name"]: value(column) for column in columns}, required=required, closed=True)


def row_list(columns: Sequence[Json]) -> Json:
    """A row as a list."""
    return {
        "type": "array",
        "description": "The values of a row, in the order of the columns",
        "prefixItems": [value(column) for column in columns],
        "minItems": len(columns),
        "maxItems": len(columns),
    }


def rows(*kinds: Json) -> Json:
    """A list of rows of these kinds."""
    items = kinds[0] if len(kinds) == 1 else {"anyOf": list(kinds)}
    return {"type": "array", "minItems": 1, "maxItems": MAX_ROWS, "items": items}


def value(column: Json) -> Json:
    """A value of a column."""
    kind = TYPES[column["type"]]
    told: Json = {"type": [kind, "null"] if column["missing"] else kind}
    # Range and categories are what the sample had, not a limit.
    if column["minimum"] is not None:
        told["description"] = f"The sample has {column['minimum']} to {column['maximum']}"
    if column["categories"]:
        told["examples"] = column["categories"]
    return told


def example_row(columns: Sequence[Json]) -> Json:
    """A row that the model takes."""
    return {column["name"]: example(column) for column in columns}


def example(column: Mapping[str, Any]) -> object:
    """A value that the model takes in a column: the middle of its range, or the first of its categories."""
    if column["type"] == "boolean":
        return True
    if column["type"] == "string":
        return column["categories"][0] if column["categories"] else "text"
    if column["minimum"] is None:
        return None if column["missing"] else 0
    middle = (column["minimum"] + column["maximum"]) / 2
    return round(middle) if column["type"] == "integer" else float(f"{middle:.6g}")


def predictions(signature: Mapping[str, Any]) -> Json:
    """The list of predictions."""
    labels, outputs = signature["labels"], signature["outputs"]
    one: Json = {"enum": labels} if labels else {"type": "number"}
    if outputs != 1:
        targets = [{"enum": each} for each in labels] or [{"type": "number"}] * outputs
        one = {"type": "array", "prefixItems": targets, "minItems": outputs, "maxItems": outputs}
    return {"type": "array", "items": one}
