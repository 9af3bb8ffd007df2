"""The contract says what the function does."""

from __future__ import annotations

import json
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
        for method, operation in methods.items():
            media = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            event = {
                "httpMethod": method.upper(),
                "path": path,
                "headers": {"Content-Type": "application/json"},
                "body": json.dumps(media.get("example")) if media else "",
            }
            assert app.handle(event, None)["statusCode"] == 200, (method, path)


def test_a_browser_gets_the_page_and_a_program_the_description(app: App) -> None:
    event = {"httpMethod": "GET", "path": "/", "headers": {"Accept": "text/html,*/*;q=0.8"}}
    for_browser = app.handle(event, None)
    for_program = app.handle({**event, "headers": {"Accept": "*/*"}}, None)

    assert for_browser["headers"]["Content-Type"] == "text/html; charset=utf-8"
    assert '"version": "v1.0.0"' in for_browser["body"]
    assert json.loads(for_program["body"])["model"]["name"] == "m"


def test_nothing_in_the_signature_ends_the_pages_script(make_function: Any, make_column: Any) -> None:
    wicked = "</script><script>alert(1)</script>"
    function = App(str(make_function([make_column(wicked), make_column("b")])))

    body = function.handle({"httpMethod": "GET", "path": "/", "headers": {"Accept": "text/html"}}, None)[
        "body"
    ]

    assert wicked not in body
    assert body.count("</script>") == 2


def test_a_key_is_in_the_contract_where_one_is_set() -> None:
    manifest: dict[str, Any] = {"model": {"name": "m", "version": "v1", "description": ""}}
    signature = {"columns": [], "task": "regression", "labels": [], "outputs": 1}

    told = document({**manifest, "signature": signature}, guarded=True)

    assert told["components"]["securitySchemes"]["key"]["name"] == "X-Api-Key"
    assert told["paths"]["/predict"]["post"]["security"] == [{"key": []}]
    assert "401" in told["paths"]["/v2/models/m/infer"]["post"]["responses"]


def test_labels_are_the_answers_that_can_come(app: App, call: Any) -> None:
    _, told = call(app, "", method="GET", path="/openapi.json")

    answer = told["components"]["schemas"]["Answer"]
    assert answer["properties"]["predictions"]["items"] == {"enum": ["no", "yes"]}


def test_several_outputs_are_lists() -> None:
    manifest: dict[str, Any] = {"model": {"name": "m", "version": "v1", "description": ""}}
    signature = {"columns": [], "task": "regression", "labels": [], "outputs": 2}

    answer = document({**manifest, "signature": signature})["components"]["schemas"]["Answer"]

    assert answer["properties"]["predictions"]["items"]["prefixItems"] == [{"type": "number"}] * 2
