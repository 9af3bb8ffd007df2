"""The contract says what the function does."""

from __future__ import annotations

import json
from typing import Any

import pytest

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


def test_each_path_and_method_of_the_contract_is_there_and_takes_its_examples(app: App, call: Any) -> None:
    _, told = call(app, "", method="GET", path="/openapi.json")

    asked = 0
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            contents = operation.get("requestBody", {"content": {"": {}}})["content"]
            for kind, media in contents.items():
                example = media.get("example", "")
                event = {
                    "httpMethod": method.upper(),
                    "path": path,
                    "headers": {"Content-Type": kind},
                    "body": example if isinstance(example, str) else json.dumps(example),
                }
                assert app.handle(event, None)["statusCode"] == 200, (method, path, kind)
                asked += 1
    assert asked == 20


def test_the_model_is_found_by_its_version_too(app: App, call: Any) -> None:
    _, told = call(app, "", method="GET", path="/openapi.json")

    named = {path.removeprefix("/v2/models/m") for path in told["paths"] if path.startswith("/v2/models/m")}
    assert named >= {"/versions/v1.0.0", "/versions/v1.0.0/ready", "/versions/v1.0.0/infer"}


def test_a_version_with_a_plus_is_found_in_either_spelling(make_function: Any, call: Any) -> None:
    root = make_function()
    manifest = json.loads((root / "manifest.json").read_text())
    manifest["model"]["version"] = "0.0.0+1a2b"
    (root / "manifest.json").write_text(json.dumps(manifest))
    app = App(str(root))

    for spelling in ("0.0.0+1a2b", "0.0.0%2B1a2b"):
        assert call(app, "", method="GET", path=f"/v2/models/m/versions/{spelling}/ready")[0] == 200


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


def test_a_column_called_instances_leaves_no_other_meaning_of_the_word(
    make_function: Any, make_column: Any, call: Any
) -> None:
    app = App(str(make_function([make_column("instances"), make_column("b")])))
    _, told = call(app, "", method="GET", path="/openapi.json")

    schema = told["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert [kind.get("type") for kind in schema["anyOf"]] == [None, "array"]


def test_the_description_tells_commit_metrics_and_parity(make_function: Any, call: Any) -> None:
    root = make_function()
    manifest = json.loads((root / "manifest.json").read_text())
    manifest["model"]["commit"] = "c" * 40
    manifest |= {"metrics": {"accuracy": 0.9}, "parity": {"rows": 3}, "examples": [[1.5, 2.5]]}
    (root / "manifest.json").write_text(json.dumps(manifest))

    _, told = call(App(str(root)), "", method="GET", path="/metadata")

    assert (told["model"]["commit"], told["metrics"], told["parity"]["rows"]) == (
        "c" * 40,
        {"accuracy": 0.9},
        3,
    )
    assert (told["tier"], told["signature"]["task"]) == ("pure", "classification")
    assert "examples" not in told


@pytest.mark.parametrize(("key", "shown"), [("", True), ("s3cret", False)])
def test_the_page_shows_rows_of_the_sample_unless_a_key_is_asked_for(
    make_function: Any, environment: dict[str, str], key: str, shown: bool
) -> None:
    environment["EMEL_API_KEY"] = key
    root = make_function()
    manifest = json.loads((root / "manifest.json").read_text())
    manifest["examples"] = [[1.62534, 2.5]]
    (root / "manifest.json").write_text(json.dumps(manifest))

    event = {"httpMethod": "GET", "path": "/", "headers": {"Accept": "text/html"}}
    body = App(str(root)).handle(event, None)["body"]

    assert ("1.62534" in body) is shown
    assert ("Middle of the ranges" in body) is not shown


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
