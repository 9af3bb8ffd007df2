"""The contract says what the function does."""

from __future__ import annotations

from typing import Any

from emel_runtime.app import App
from emel_runtime.openapi import document


def test_rows_are_described_by_the_signature(make_function: Any, make_column: Any, call: Any) -> None:
    columns = [
        make_column("a"),
        make_column("n", "integer", missing=True),
        make_column("f", "boolean"),
        {**make_column("s", "string"), "categories": ["x", "y"]},
    ]
    _, told = call(App(str(make_function(columns))), "", method="GET", path="/openapi.json")

    row = told["components"]["schemas"]["Row"]
    assert told["openapi"] == "3.1.0"
    assert row["required"] == ["a", "f", "s"]
    assert [value["type"] for value in row["properties"].values()] == [
        "number",
        ["integer", "null"],
        "boolean",
        "string",
    ]
    assert row["properties"]["s"]["examples"] == ["x", "y"]
    assert row["additionalProperties"] is False


def test_the_example_is_answered(make_function: Any, make_column: Any, call: Any) -> None:
    kinds = ("float", "integer", "boolean", "string")
    columns = [make_column(kind, kind) for kind in kinds]
    app = App(str(make_function(columns)))
    _, told = call(app, "", method="GET", path="/openapi.json")

    body = told["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["example"]
    assert call(app, body)[0] == 200


def test_each_path_and_method_of_the_contract_is_there(app: App, call: Any) -> None:
    _, told = call(app, "", method="GET", path="/openapi.json")

    for path, methods in told["paths"].items():
        for method in methods:
            assert call(app, [[1, 2]], method=method.upper(), path=path)[0] == 200


def test_labels_are_the_answers_that_can_come(app: App, call: Any) -> None:
    _, told = call(app, "", method="GET", path="/openapi.json")

    answer = told["components"]["schemas"]["Answer"]
    assert answer["properties"]["predictions"]["items"] == {"enum": ["no", "yes"]}


def test_several_outputs_are_lists() -> None:
    manifest: dict[str, Any] = {"model": {"name": "m", "version": "v1", "description": ""}}
    signature = {"columns": [], "task": "regression", "labels": [], "outputs": 2}

    answer = document({**manifest, "signature": signature})["components"]["schemas"]["Answer"]

    assert answer["properties"]["predictions"]["items"]["prefixItems"] == [{"type": "number"}] * 2
