"""Who may call, from where, and by which method."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emel_runtime.app import App

KEY = "s3cret"
DIGEST = hashlib.sha256(KEY.encode()).hexdigest()
JSON = {"Content-Type": "application/json"}
PREFLIGHT = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}


@pytest.fixture(params=["EMEL_API_KEY", "EMEL_API_KEY_SHA256"])
def guarded(
    request: pytest.FixtureRequest, make_function: Callable[..., Path], environment: dict[str, str]
) -> App:
    environment[request.param] = KEY if request.param == "EMEL_API_KEY" else f"sha256:{DIGEST.upper()}"
    return App(str(make_function()))


@pytest.mark.parametrize("path", ["/", "/predict", "/invocations", "/v2/models/m/infer"])
@pytest.mark.parametrize(
    "headers", [{}, {"X-Api-Key": "other"}, {"X-Api-Key": "ключ"}, {"X-Api-Key": "\ud800"}]
)
def test_a_key_that_is_set_must_be_sent(guarded: App, call: Any, path: str, headers: dict[str, str]) -> None:
    assert call(guarded, [[5, 1]], path=path, headers=JSON | headers)[0] == 401


def test_the_right_key_opens(guarded: App, call: Any) -> None:
    assert call(guarded, [[5, 1]], headers=JSON | {"x-API-key": KEY})[0] == 200


def test_a_digest_that_is_none_lets_nobody_in(
    make_function: Callable[..., Path], environment: dict[str, str], call: Any
) -> None:
    environment["EMEL_API_KEY_SHA256"] = "ключ"

    assert call(App(str(make_function())), [[5, 1]], headers=JSON | {"X-Api-Key": KEY})[0] == 401


@pytest.mark.parametrize("path", ["/health", "/ping", "/v2/health/ready", "/metadata", "/openapi.json"])
def test_what_runs_no_model_needs_no_key(guarded: App, path: str) -> None:
    assert guarded.handle({"httpMethod": "GET", "path": path}, None)["statusCode"] == 200


@pytest.mark.parametrize("event", [[[5, 1]], "[[5, 1]]", {"instances": [[5, 1]]}])
def test_an_event_without_headers_cannot_go_round_the_key(guarded: App, event: Any) -> None:
    reply = guarded.handle(event, None)

    assert (json.loads(reply) if isinstance(event, str) else reply)["status"] == 401


def test_no_origin_is_named_by_default(app: App) -> None:
    reply = app.handle({"httpMethod": "OPTIONS", "path": "/predict", "headers": PREFLIGHT}, None)

    assert (reply["statusCode"], reply["headers"]) == (204, {"Allow": "POST, OPTIONS"})


@pytest.fixture
def shared(make_function: Callable[..., Path]) -> App:
    root = make_function()
    manifest = json.loads((root / "manifest.json").read_text())
    manifest["cors"] = ["https://a.example"]
    (root / "manifest.json").write_text(json.dumps(manifest))
    return App(str(root))


def test_a_page_of_a_named_origin_may_call(shared: App) -> None:
    before = shared.handle({"httpMethod": "OPTIONS", "path": "/predict", "headers": PREFLIGHT}, None)
    event = {"httpMethod": "POST", "path": "/predict", "headers": JSON | PREFLIGHT, "body": "[]"}
    answer = shared.handle(event, None)

    assert before["headers"]["Access-Control-Allow-Methods"] == "POST, OPTIONS"
    assert "X-Api-Key" in before["headers"]["Access-Control-Allow-Headers"]
    assert (answer["statusCode"], answer["headers"]["Access-Control-Allow-Origin"]) == (
        422,
        "https://a.example",
    )
    assert answer["headers"]["Vary"] == "Origin"


@pytest.mark.parametrize("origin", ["https://b.example", "null", ""])
def test_a_page_of_another_origin_may_not(shared: App, origin: str) -> None:
    reply = shared.handle({"httpMethod": "GET", "path": "/health", "headers": {"Origin": origin}}, None)

    assert "Access-Control-Allow-Origin" not in reply["headers"]


def test_the_environment_may_name_other_origins(
    make_function: Callable[..., Path], environment: dict[str, str]
) -> None:
    environment["EMEL_CORS"] = "*"
    app = App(str(make_function()))

    reply = app.handle(
        {"httpMethod": "GET", "path": "/", "headers": {**PREFLIGHT, "Accept": "text/html"}}, None
    )

    assert reply["headers"]["Access-Control-Allow-Origin"] == "*"
    assert reply["headers"]["Vary"] == "Accept, Origin"


@pytest.mark.parametrize("path", ["/", "/health", "/v2/health/live"])
def test_head_is_get_without_a_body(app: App, path: str) -> None:
    head, get = (app.handle({"httpMethod": method, "path": path}, None) for method in ("HEAD", "GET"))

    assert head == {**get, "body": ""}


@pytest.mark.parametrize(("path", "status"), [("/predict", 405), ("/nowhere", 404)])
def test_head_that_is_refused_has_no_body_either(app: App, path: str, status: int) -> None:
    reply = app.handle({"httpMethod": "HEAD", "path": path}, None)

    assert (reply["statusCode"], reply["body"]) == (status, "")
