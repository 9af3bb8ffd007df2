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


def document(manifest: Mapping[str, Any], *, guarded: bool = False) -> Json:
    """The whole document. Examples are made from the ranges of the columns: no row of anyone's data.

    `guarded` says that predictions need an API key.
    """
    model, signature = manifest["model"], manifest["signature"]
    columns = signature["columns"]
    predict = _post("Predict", _request(columns), _reference("Answer"), guarded)
    told: Json = {
        "openapi": "3.1.0",
        "info": {"title": model["name"], "version": model["version"], "description": model["description"]},
        "paths": {
            "/": {
                "get": _page(),
                "post": {"operationId": "predictAtRoot", **predict},
            },
            "/predict": {"post": {"operationId": "predict", **predict}},
            "/metadata": {"get": _get("metadata", "Describe the model")},
            "/health": {"get": _get("health", "Say whether the model can answer")},
            "/openapi.json": {"get": _get("openapi", "This document")},
            **_mlflow(columns, guarded),
            **_inference(model["name"], columns, guarded),
        },
        "components": {
            "schemas": {"Row": _row(columns), "Answer": _answer(signature), "Problem": PROBLEM},
        },
    }
    if guarded:
        key = {"type": "apiKey", "in": "header", "name": "X-Api-Key"}
        told["components"]["securitySchemes"] = {"key": key}
    return told


def _mlflow(columns: Sequence[Json], guarded: bool) -> Json:
    """MLflow's scoring protocol. Its clients know its bodies, so that the schema names only their kinds."""
    kinds = ("dataframe_split", "dataframe_records", "instances", "inputs")
    schema = {
        "type": "object",
        "description": "One of the four members, as MLflow's scoring server takes them",
        "properties": {kind: {} for kind in kinds},
        "minProperties": 1,
    }
    request = {"schema": schema, "example": {"dataframe_records": [_example_row(columns)]}}
    answer = {
        "type": "object",
        "required": ["predictions"],
        "properties": {"predictions": {"type": "array"}},
    }
    post = _post("Predict as MLflow's scoring server does", request, answer, guarded)
    ping = {"description": "The model can answer", "content": {"application/json": {}}}
    version = {
        "description": "The version of emel",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    }
    return {
        "/invocations": {"post": {"operationId": "invocations", **post}},
        "/ping": {"get": {"operationId": "ping", "responses": {"200": ping}}},
        "/version": {"get": {"operationId": "version", "responses": {"200": version}}},
    }


def _inference(name: str, columns: Sequence[Json], guarded: bool) -> Json:
    """The Open Inference Protocol, version 2."""
    datatypes = {"float": "FP64", "integer": "INT64", "boolean": "BOOL", "string": "BYTES"}
    tensors = {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["name", "data"]}}
    schema = {"type": "object", "required": ["inputs"], "properties": {"inputs": tensors}}
    inputs = [
        {
            "name": column["name"],
            "datatype": datatypes[column["type"]],
            "shape": [1],
            "data": [example(column)],
        }
        for column in columns
    ]
    answer = {"type": "object", "required": ["model_name", "model_version", "outputs"]}
    post = _post("Predict", {"schema": schema, "example": {"inputs": inputs}}, answer, guarded)
    root = f"/v2/models/{name}"
    return {
        "/v2": {"get": _get("v2Server", "Describe the server")},
        "/v2/health/live": {"get": _get("v2Live", "Say whether the server runs")},
        "/v2/health/ready": {"get": _get("v2Ready", "Say whether it can answer")},
        root: {"get": _get("v2Model", "Describe the model's tensors")},
        f"{root}/ready": {"get": _get("v2ModelReady", "Say whether the model can answer")},
        f"{root}/infer": {"post": {"operationId": "v2Infer", **post}},
    }


def _post(summary: str, request: Json, answer: Json, guarded: bool) -> Json:
    refusals = _refusals()
    post: Json = {
        "summary": summary,
        "requestBody": {"required": True, "content": {"application/json": request}},
        "responses": {"200": _json("Predictions", answer), **refusals},
    }
    if guarded:
        post["security"] = [{"key": []}]
        post["responses"]["401"] = {**refusals["422"], "description": "The key is missing or another"}
    return post


def _page() -> Json:
    describe = _get("describe", "Describe the model; a browser gets a page to try it in")
    describe["responses"]["200"]["content"]["text/html"] = {"schema": {"type": "string"}}
    return describe


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
    return {"schema": {"anyOf": [instances, row, rows]}, "example": {"instances": [_example_row(columns)]}}


def _example_row(columns: Sequence[Json]) -> Json:
    return {column["name"]: example(column) for column in columns}


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
