"""The contract of one model as an OpenAPI 3.1 document, from the manifest's signature."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    Json = dict[str, Any]

TYPES = {"float": "number", "integer": "integer", "boolean": "boolean", "string": "string"}
REFUSALS = {
    "400": "The body is not JSON",
    "413": "The body is too large",
    "415": "The body has another content type than application/json",
    "422": "A row does not have the columns, or a value not the type, that the model takes",
}


def document(manifest: Mapping[str, Any]) -> Json:
    """The whole document. Examples are made from the ranges of the columns: no row of anyone's data."""
    model, signature = manifest["model"], manifest["signature"]
    columns = signature["columns"]
    predict: Json = {
        "summary": "Predict",
        "requestBody": {"required": True, "content": {"application/json": _request(columns)}},
        "responses": {"200": _json("Predictions", _reference("Answer")), **_refusals()},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": model["name"], "version": model["version"], "description": model["description"]},
        "paths": {
            "/": {
                "get": _get("describe", "Describe the model"),
                "post": {"operationId": "predictAtRoot", **predict},
            },
            "/predict": {"post": {"operationId": "predict", **predict}},
            "/metadata": {"get": _get("metadata", "Describe the model")},
            "/health": {"get": _get("health", "Say whether the model can answer")},
            "/openapi.json": {"get": _get("openapi", "This document")},
        },
        "components": {
            "schemas": {"Row": _row(columns), "Answer": _answer(signature), "Problem": PROBLEM},
        },
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


def _request(columns: Sequence[Json]) -> Json:
    row = _reference("Row")
    values = {
        "type": "array",
        "description": "The values of a row, in the order of the columns",
        "prefixItems": [_value(column) for column in columns],
        "minItems": len(columns),
        "maxItems": len(columns),
    }
    rows = {"type": "array", "minItems": 1, "items": {"anyOf": [row, values]}}
    instances = {
        "type": "object",
        "required": ["instances"],
        "properties": {"instances": rows},
        "additionalProperties": False,
    }
    example = {column["name"]: example(column) for column in columns}
    return {"schema": {"anyOf": [instances, row, rows]}, "example": {"instances": [example]}}


def _row(columns: Sequence[Json]) -> Json:
    return {
        "type": "object",
        "required": [column["name"] for column in columns if not column["missing"]],
        "properties": {column["name"]: _value(column) for column in columns},
        "additionalProperties": False,
    }


def _value(column: Json) -> Json:
    kind = TYPES[column["type"]]
    value: Json = {"type": [kind, "null"] if column["missing"] else kind}
    # Range and categories are what the sample had, not a limit.
    if column["minimum"] is not None:
        value["description"] = f"The sample has {column['minimum']} to {column['maximum']}"
    if column["categories"]:
        value["examples"] = column["categories"]
    return value


def example(column: Json) -> object:
    """A value that the model takes in a column: the middle of its range, or the first of its categories."""
    if column["type"] == "boolean":
        return True
    if column["type"] == "string":
        return column["categories"][0] if column["categories"] else "text"
    if column["minimum"] is None:
        return None if column["missing"] else 0
    middle = (column["minimum"] + column["maximum"]) / 2
    return round(middle) if column["type"] == "integer" else float(f"{middle:.6g}")


def _answer(signature: Json) -> Json:
    return {
        "type": "object",
        "required": ["predictions", "model"],
        "properties": {
            "predictions": {"type": "array", "items": _prediction(signature)},
            "probabilities": {
                "type": "array",
                "items": {"type": "object", "additionalProperties": {"type": "number"}},
            },
            "model": {
                "type": "object",
                "required": ["name", "version"],
                "properties": {"name": {"type": "string"}, "version": {"type": "string"}},
            },
        },
    }


def _prediction(signature: Json) -> Json:
    labels, outputs = signature["labels"], signature["outputs"]
    if outputs == 1:
        return {"enum": labels} if labels else {"type": "number"}
    targets = [{"enum": each} for each in labels] or [{"type": "number"}] * outputs
    return {"type": "array", "prefixItems": targets, "minItems": outputs, "maxItems": outputs}


def _get(name: str, summary: str) -> Json:
    return {
        "operationId": name,
        "summary": summary,
        "responses": {"200": _json(summary, {"type": "object"})},
    }


def _refusals() -> Json:
    content = {"application/problem+json": {"schema": _reference("Problem")}}
    return {status: {"description": text, "content": content} for status, text in REFUSALS.items()}


def _json(description: str, schema: Json) -> Json:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _reference(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}
