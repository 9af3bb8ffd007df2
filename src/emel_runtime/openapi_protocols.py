"""The operations of MLflow's scoring protocol and of the Open Inference Protocol in the contract."""

from __future__ import annotations

from emel_runtime.inference import DATATYPES, TAKEN
from emel_runtime.mlflow import CSV
from emel_runtime.openapi_parts import (
    SCALAR,
    TEXT,
    example,
    example_row,
    get,
    object_of,
    post,
    predictions,
    reference,
    row_list,
    rows,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    Json = dict[str, Any]


def mlflow(signature: Mapping[str, Any], *, guarded: bool) -> Json:
    """The paths of MLflow's scoring protocol."""
    columns = signature["columns"]
    many = rows(reference("Row"), row_list(columns))
    forms = {
        "dataframe_split": _split(columns),
        "dataframe_records": many,
        "instances": many,
        "inputs": {"anyOf": [many, _by_column(columns)]},
    }
    params = {"type": ["object", "null"], "maxProperties": 0}
    bodies = [
        object_of({form: schema, "params": params}, required=[form], closed=True)
        for form, schema in forms.items()
    ]
    content = {
        "application/json": {
            "schema": {"oneOf": bodies},
            "example": {"dataframe_records": [example_row(columns)]},
        },
        CSV: {"schema": TEXT, "example": _table(columns)},
    }
    answer = object_of({"predictions": predictions(signature)}, closed=True)
    invoke = post("invocations", "Predict as MLflow's scoring server does", content, answer, guarded=guarded)
    ping = {"description": "The model can answer", "content": {"application/json": {}}}
    version = {"description": "The version of emel", "content": {"text/plain": {"schema": TEXT}}}
    return {
        "/invocations": {"post": invoke},
        "/ping": {"get": {"operationId": "ping", "responses": {"200": ping}}},
        "/version": {"get": {"operationId": "version", "responses": {"200": version}}},
    }


def inference(model: Mapping[str, Any], signature: Mapping[str, Any], *, guarded: bool) -> Json:
    """The paths of the Open Inference Protocol, version 2: of the model, and of its version."""
    name, version = model["name"], model["version"]
    paths: Json = {
        "/v2": {"get": get("v2Server", "Describe the server", _server())},
        "/v2/health/live": {"get": get("v2Live", "Say whether the server runs", _truth("live"))},
        "/v2/health/ready": {"get": get("v2Ready", "Say whether it can answer", _truth("ready"))},
    }
    content = {"application/json": _inputs(signature["columns"])}
    ready = object_of({"name": {"const": name}, "ready": {"type": "boolean"}})
    for root, suffix in ((f"/v2/models/{name}", ""), (f"/v2/models/{name}/versions/{version}", "Version")):
        infer = post(f"v2Infer{suffix}", "Predict", content, _outputs(model), guarded=guarded)
        paths[root] = {"get": get(f"v2Model{suffix}", "Describe the model's tensors", _tensors(name))}
        paths[f"{root}/ready"] = {
            "get": get(f"v2ModelReady{suffix}", "Say whether the model can answer", ready)
        }
        paths[f"{root}/infer"] = {"post": infer}
    return paths


def _split(columns: Sequence[Json]) -> Json:
    needed = sum(not column["missing"] for column in columns)
    names = {
        "type": ["array", "null"],
        "description": "All columns that may not be missing, in any order; without it, the model's order",
        "items": {"enum": [column["name"] for column in columns]},
        "minItems": needed,
        "uniqueItems": True,
    }
    line = {"type": "array", "minItems": needed, "maxItems": len(columns), "items": SCALAR}
    return object_of({"columns": names, "index": {}, "data": rows(line)}, required=["data"], closed=True)


def _by_column(columns: Sequence[Json]) -> Json:
    """A list of values for each column, or of lists of one; a lone value is a list of one."""
    alone = {"type": "array", "minItems": 1, "maxItems": 1, "items": SCALAR}
    column = {"anyOf": [SCALAR, {"type": "array", "minItems": 1, "items": {"anyOf": [SCALAR, alone]}}]}
    required = [each["name"] for each in columns if not each["missing"]]
    told = object_of({each["name"]: column for each in columns}, required=required, closed=True)
    return {**told, "minProperties": 1}


def _table(columns: Sequence[Json]) -> str:
    """A header and a row. Names and texts stand in quotation marks, which any reader of CSV takes."""
    header = ",".join(_quoted(column["name"]) for column in columns)
    cells = [example(column) for column in columns]
    return header + "\n" + ",".join("" if cell is None else _quoted(str(cell)) for cell in cells) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _inputs(columns: Sequence[Json]) -> Json:
    length = {"type": "integer", "minimum": 0}
    tensor = object_of(
        {
            "name": TEXT,
            "shape": {"type": "array", "minItems": 1, "maxItems": 2, "items": length},
            "datatype": {"enum": sorted(TAKEN)},
            "parameters": {},
            "data": {"type": "array", "items": {"anyOf": [SCALAR, {"type": "array"}]}},
        },
        required=["name", "shape", "datatype", "data"],
    )
    wanted = object_of(
        {"name": {"enum": ["predictions", "probabilities"]}, "parameters": {}}, required=["name"]
    )
    members = {
        "id": {"type": ["string", "null"]},
        "parameters": {},
        "inputs": {"type": "array", "minItems": 1, "items": tensor},
        "outputs": {"type": ["array", "null"], "items": wanted},
    }
    inputs = [
        {
            "name": column["name"],
            "shape": [1],
            "datatype": DATATYPES[column["type"]],
            "data": [example(column)],
        }
        for column in columns
    ]
    return {"schema": object_of(members, required=["inputs"]), "example": {"inputs": inputs}}


def _outputs(model: Mapping[str, Any]) -> Json:
    tensor = object_of(
        {
            "name": {"enum": ["predictions", "probabilities"]},
            "datatype": {"enum": ["BOOL", "BYTES", "FP64", "INT64"]},
            "shape": {"type": "array", "items": {"type": "integer"}},
            "data": {"type": "array", "items": SCALAR},
            "parameters": {"type": "object"},
        },
        required=["name", "datatype", "shape", "data"],
    )
    members = {
        "model_name": {"const": model["name"]},
        "model_version": {"const": model["version"]},
        "id": TEXT,
        "outputs": {"type": "array", "minItems": 1, "items": tensor},
    }
    return object_of(members, required=["model_name", "model_version", "outputs"])


def _tensors(name: str) -> Json:
    shape = {"type": "array", "items": {"type": "integer", "minimum": -1}}
    tensor = object_of({"name": TEXT, "datatype": TEXT, "shape": shape})
    tensors = {"type": "array", "minItems": 1, "items": tensor}
    members = {
        "name": {"const": name},
        "versions": {"type": "array", "items": TEXT},
        "platform": TEXT,
        "inputs": tensors,
        "outputs": tensors,
    }
    return object_of(members)


def _server() -> Json:
    return object_of({"name": TEXT, "version": TEXT, "extensions": {"type": "array", "items": TEXT}})


def _truth(name: str) -> Json:
    return object_of({name: {"type": "boolean"}})
