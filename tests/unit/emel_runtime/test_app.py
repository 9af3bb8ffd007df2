"""What a function answers, by route and method, and what it logs."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emel_runtime.app import App
from emel_runtime.contract import MAX_BODY
from emel_runtime.pure import CorruptModel

MODEL = {"name": "m", "version": "v1.0.0"}


def test_one_object_is_answered_with_lists_of_one(app: App, call: Any) -> None:
    status, body = call(app, {"a": 1.0, "b": 1.0})

    assert status == 200
    assert body == {"predictions": ["no"], "probabilities": [{"no": 0.5, "yes": 0.5}], "model": MODEL}


@pytest.mark.parametrize(
    "rows",
    [
        [{"a": 5, "b": 1}, {"a": 0, "b": 1}],
        [[5, 1], [0, 1]],
        {"instances": [{"a": 5, "b": 1}, {"b": 1, "a": 0}]},
        {"instances": [[5, 1], {"a": 0.0, "b": 1.0}]},
    ],
)
def test_all_shapes_of_rows_mean_the_same(app: App, call: Any, rows: Any) -> None:
    status, body = call(app, rows)

    assert (status, body["predictions"]) == (200, ["yes", "no"])


@pytest.mark.parametrize("labels", [["no", "yes"], [0, 1], [False, True], [1.5, 2.5]])
def test_labels_come_back_in_their_own_type(make_function: Any, call: Any, labels: list[Any]) -> None:
    _, body = call(App(str(make_function(labels=labels))), [[5, 1]])

    assert body["predictions"] == [labels[1]]
    assert type(body["predictions"][0]) is type(labels[1])
    assert list(body["probabilities"][0]) == [
        name if isinstance(name, str) else json.dumps(name) for name in labels
    ]


def test_the_example_is_a_body_that_predict_takes(app: App, call: Any) -> None:
    _, example = call(app, "", method="GET", path="/example")

    status, body = call(app, example)
    assert (status, len(body["predictions"])) == (200, 1)


def test_regression_answers_numbers_without_probabilities(make_function: Any, call: Any) -> None:
    _, body = call(App(str(make_function(labels=()))), [[5, 1.5]])

    assert body == {"predictions": [3.5], "model": MODEL}


def test_a_column_may_be_called_instances(make_function: Any, make_column: Any, call: Any) -> None:
    app = App(str(make_function([make_column("instances"), make_column("b")])))

    assert call(app, {"instances": 2, "b": 1})[1]["predictions"] == ["yes"]


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/", "signature"),
        ("/metadata", "libraries"),
        ("/health", "status"),
        ("/openapi.json", "paths"),
        ("/example", "a"),
    ],
)
def test_get_routes_answer(app: App, call: Any, path: str, key: str) -> None:
    status, body = call(app, "", method="GET", path=path)

    assert status == 200
    assert key in body


def test_a_wrong_method_is_told_which_one_is_right(app: App) -> None:
    reply = app.handle({"httpMethod": "GET", "path": "/predict"}, None)

    assert reply["statusCode"] == 405
    assert reply["headers"] == {"Content-Type": "application/problem+json", "Allow": "POST, OPTIONS"}


def test_an_unknown_path_is_told_the_known_ones(app: App, call: Any) -> None:
    status, body = call(app, {}, path="/nope")

    assert status == 404
    assert "/predict" in body["expected"]


def test_a_base64_body_is_decoded(app: App, call: Any) -> None:
    encoded = base64.b64encode(b'{"a": 2, "b": 1}').decode()

    assert call(app, encoded, isBase64Encoded=True)[0] == 200


@pytest.mark.parametrize("body", ["%%%", base64.b64encode(b"\xff\xfe").decode()])
def test_a_broken_base64_body_is_a_400(app: App, call: Any, body: str) -> None:
    assert call(app, body, isBase64Encoded=True)[0] == 400


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/vnd.x+json", ""])
def test_json_content_types_are_taken(app: App, call: Any, kind: str) -> None:
    assert call(app, [[1, 2]], headers={"content-type": kind})[0] == 200


@pytest.mark.parametrize("path", ["/predict", "/invocations", "/v2/models/m/infer"])
def test_a_body_in_another_charset_is_a_415(app: App, call: Any, path: str) -> None:
    headers = {"Content-Type": 'application/json; a=b; charset="UTF-16"'}

    status, body = call(app, [[1, 2]], path=path, headers=headers)

    assert (status, body["expected"], body["got"]) == (415, "charset=utf-8", "utf-16")


def test_another_content_type_is_a_415(app: App, call: Any) -> None:
    status, body = call(app, "a=1", headers={"Content-Type": "application/x-www-form-urlencoded"})

    assert (status, body["expected"]) == (415, "application/json")


def test_too_large_a_body_is_a_413(app: App, call: Any) -> None:
    assert call(app, "[" * (MAX_BODY + 1))[0] == 413


def test_numbers_too_large_for_the_arithmetic_are_a_422_with_the_row(app: App, call: Any) -> None:
    status, body = call(app, [[1, 1], [1.7e308, -1.7e308]])

    assert (status, body["row"]) == (422, 1)


def test_each_request_is_one_json_line(app: App, call: Any, capsys: pytest.CaptureFixture[str]) -> None:
    call(app, [[1, 2], [3, 4]], requestContext={"requestId": "r-1"})
    call(app, "nonsense")

    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    latency = first.pop("latency_ms")
    assert first == {
        "message": "POST /predict 200",
        "level": "INFO",
        "request_id": "r-1",
        "status": 200,
        "rows": 2,
        "cold": True,
        "version": "v1.0.0",
    }
    assert latency > 0
    assert (second["status"], second["level"], second["cold"], second["rows"]) == (400, "WARN", False, 0)


def test_a_fault_of_our_own_is_logged_and_not_shown(
    make_function: Callable[..., Path], make_column: Any, call: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    # The model takes two columns, and the program is told of one by a damaged signature.
    root = make_function()
    manifest = json.loads((root / "manifest.json").read_text())
    manifest["signature"]["columns"] = [make_column("a", "unheard of")]
    (root / "manifest.json").write_text(json.dumps(manifest))

    status, body = call(App(str(root)), {"a": "text"}, requestContext={"requestId": "r-1"})

    assert (status, body["detail"]) == (500, "the function failed; its log says why")
    assert body["request_id"] == "r-1"
    assert "KeyError" in json.loads(capsys.readouterr().out)["error"]


def test_a_model_that_is_not_the_proved_one_does_not_start(make_function: Callable[..., Path]) -> None:
    root = make_function()
    file = root / "model" / "model.emel"
    file.write_bytes(file.read_bytes()[:-1] + b"!")

    with pytest.raises(CorruptModel, match="another digest"):
        App(str(root))


def test_a_manifest_of_another_format_does_not_start(make_function: Callable[..., Path]) -> None:
    root = make_function()
    text = (root / "manifest.json").read_text().replace('"format": 1', '"format": 2')
    (root / "manifest.json").write_text(text)

    with pytest.raises(CorruptModel, match="format 2"):
        App(str(root))
