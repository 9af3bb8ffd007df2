"""The contract says what the function does."""

from __future__ import annotations

from typing import Any

from emel_runtime.app import App


def test_rows_are_described_by_the_signature(make_function: Any, make_column: Any, call: Any) -> None:
    columns = [make_column("a"), make_column("n", "integer", missing=True), make_column("f", "boolean")]
    _, document = call(App(str(make_function(columns))), "", method="GET", path="/openapi.json")

    row = document["components"]["schemas"]["Row"]
    assert document["openapi"] == "3.1.0"
    assert row["required"] == ["a", "f"]
    assert [value["type"] for value in row["properties"].values()] == [
        "number",
        ["integer", "null"],
        "boolean",
    ]
    assert row["additionalProperties"] is False


def test_the_example_is_answered(make_function: Any, make_column: Any, call: Any) -> None:
    columns = [make_column("a"), make_column("n", "integer"), make_column("f", "boolean")]
    app = App(str(make_function(columns)))
    _, document = call(app, "", method="GET", path="/openapi.json")

    body = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["example"]
    assert call(app, body)[0] == 200


def test_each_path_and_method_of_the_contract_is_there(app: App, call: Any) -> None:
    _, document = call(app, "", method="GET", path="/openapi.json")

    for path, methods in document["paths"].items():
        for method in methods:
            assert call(app, [[1, 2]], method=method.upper(), path=path)[0] == 200


def test_labels_are_the_answers_that_can_come(app: App, call: Any) -> None:
    _, document = call(app, "", method="GET", path="/openapi.json")

    answer = document["components"]["schemas"]["Answer"]
    assert answer["properties"]["predictions"]["items"] == {"enum": ["no", "yes"]}
