"""The contract of one model as an OpenAPI 3.1 document, from the manifest's signature."""

from __future__ import annotations

from emel_runtime.contract import KEY_HEADER
from emel_runtime.openapi_parts import (
    PROBLEM,
    TEXT,
    example_row,
    get,
    object_of,
    post,
    predictions,
    reference,
    row,
    row_list,
    rows,
)
from emel_runtime.openapi_protocols import inference, mlflow
from emel_runtime.protocols import key_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    Json = dict[str, Any]

MODEL: Json = object_of({"name": TEXT, "version": TEXT})


def document(manifest: Mapping[str, Any], *, guarded: bool = False) -> Json:
    """The whole document. Examples are made from the ranges of the columns: no row of anyone's data.

    `guarded` says that predictions need an API key.
    """
    model, signature = manifest["model"], manifest["signature"]
    columns = signature["columns"]
    content = {"application/json": _request(columns)}
    answer = reference("Answer")
    told: Json = {
        "openapi": "3.1.0",
        "info": {"title": model["name"], "version": model["version"], "description": model["description"]},
        "paths": {
            "/": {
                "get": _page(),
                "post": post("predictAtRoot", "Predict", content, answer, guarded=guarded),
            },
            "/predict": {"post": post("predict", "Predict", content, answer, guarded=guarded)},
            "/metadata": {"get": get("metadata", "Describe the model", reference("Metadata"))},
            "/example": {"get": get("example", "A row that /predict takes", reference("Row"))},
            "/health": {"get": get("health", "Say whether the model can answer", _health())},
            "/openapi.json": {"get": get("openapi", "This document", {"type": "object"})},
            **mlflow(signature, guarded=guarded),
            **inference(model, signature, guarded=guarded),
        },
        "components": {
            "schemas": {
                "Row": row(columns),
                "Answer": _answer(signature),
                "Metadata": _metadata(),
                "Problem": PROBLEM,
            },
        },
    }
    if guarded:
        key = {"type": "apiKey", "in": "header", "name": KEY_HEADER}
        told["components"]["securitySchemes"] = {"key": key}
    return told


def _request(columns: Sequence[Json]) -> Json:
    one, many = reference("Row"), rows(reference("Row"), row_list(columns))
    kinds = [one, many]
    # Where a column is called so, the name means the column.
    if all(column["name"] != "instances" for column in columns):
        kinds.insert(0, object_of({"instances": many}, closed=True))
        return {"schema": {"anyOf": kinds}, "example": {"instances": [example_row(columns)]}}
    return {"schema": {"anyOf": kinds}, "example": [example_row(columns)]}


def _page() -> Json:
    describe = get(
        "describe", "Describe the model; a browser gets a page to try it in", reference("Metadata")
    )
    describe["responses"]["200"]["content"]["text/html"] = {"schema": TEXT}
    return describe


def _health() -> Json:
    return object_of({"status": {"const": "ok"}, "model": MODEL})


def _answer(signature: Json) -> Json:
    members = {"predictions": predictions(signature), "model": MODEL}
    if signature["outputs"] == 1 and signature["labels"]:
        share = {"type": "number", "minimum": 0, "maximum": 1}
        shares = object_of({key_of(label): share for label in signature["labels"]}, closed=True)
        members["probabilities"] = {
            "type": "array",
            "description": "The probability of each label, where the model knows it",
            "items": shares,
        }
    return object_of(members, required=["predictions", "model"], closed=True)


def _metadata() -> Json:
    members: Json = {
        "tier": {"enum": ["pure", "onnx", "python"]},
        "model": {**MODEL, "description": "Its name, version, commit and digests"},
        "signature": {"type": "object", "description": "Its columns with type and range, and its labels"},
        "libraries": {"type": "object", "additionalProperties": TEXT},
        "parity": {"type": "object", "description": "How near it answers to the original model"},
        "metrics": {"type": "object", "description": "The metrics of the commit that it was packaged from"},
    }
    return object_of(members, required=["tier", "model", "signature", "libraries"])
