"""Requests that begin as good ones, and are spoiled in their values, their bytes and their headers."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emel_runtime.app import App

GOOD: dict[str, list[Any]] = {
    "/predict": [{"a": 1, "b": 2}, [[1, 2.5]], {"instances": [{"a": 1, "b": 2}, [3, 4]]}],
    "/invocations": [
        {"dataframe_split": {"columns": ["b", "a"], "index": [0], "data": [[1, 2]]}},
        {"dataframe_records": [{"a": 1, "b": 2}], "params": {}},
        {"inputs": {"a": [[1], [2]], "b": [3, 4]}},
    ],
    "/v2/models/m/infer": [
        {
            "id": "1",
            "inputs": [
                {"name": "a", "shape": [2], "datatype": "FP64", "data": [1, 2]},
                {"name": "b", "shape": [2, 1], "datatype": "INT64", "data": [[1], [2]]},
            ],
            "outputs": [{"name": "probabilities"}],
        },
        {"inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [1, 2]}]},
    ],
}
ODD = st.one_of(
    st.none() | st.booleans() | st.text(max_size=5) | st.floats() | st.integers(),
    st.sampled_from([10**400, -(2**63), 2**64, 1e308, -0.0, "\ud800", "\x00", "NaN", "predictions", [], {}]),
    st.lists(st.integers(), max_size=3),
)
CSV = st.text(alphabet="ab12,;.\t\"'\r\n\x00 eNAé\ufeff", max_size=40)


@st.composite
def values(draw: st.DrawFn, path: str) -> Any:
    """A good value of the protocol with up to three of its parts, at any depth, replaced, doubled or gone."""
    root = [json.loads(json.dumps(draw(st.sampled_from(GOOD[path]))))]
    for _ in range(draw(st.integers(0, 3))):
        place: Any = root
        while True:
            keys = sorted(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(place[key], dict | list) and draw(st.booleans()):
                place = place[key]
                continue
            if place is root or draw(st.booleans()):
                place[key] = draw(ODD)
            elif isinstance(place, list):
                place.append(place[key])
            else:
                del place[key]
            break
        if not isinstance(root[0], dict | list):
            break
    return root[0]


@st.composite
def texts(draw: st.DrawFn, path: str) -> str:
    """A body as text: JSON, JSON nested too deep or with a key twice, or CSV of some dialect."""
    kind = draw(st.sampled_from(["json", "json", "json", "deep", "twice", "csv", "digits"]))
    if kind == "deep":
        depth = draw(st.sampled_from([50, 5_000, 200_000]))
        return draw(st.sampled_from(['{"a":', "["])) * depth
    if kind == "twice":
        return '{"a": 1, "b": 2, "a": 3}'
    if kind == "csv":
        return "a,b\n" + draw(CSV)
    if kind == "digits":
        return f"[[{'9' * draw(st.sampled_from([30, 400, 5_000]))}, 1]]"
    return json.dumps(draw(values(path)), ensure_ascii=draw(st.booleans()))


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """An event with such a body in some coding, which its headers may or may not name."""
    path = draw(st.sampled_from(sorted(GOOD)))
    body = draw(texts(path))
    headers: dict[str, Any] = {"Content-Type": draw(st.sampled_from(KINDS))}
    encoded = draw(st.booleans())
    if encoded:
        charset = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]))
        data = body.encode(charset, "replace")
        packed = draw(st.integers(0, 2))
        for _ in range(packed):
            data = gzip.compress(data, 1, mtime=0)
        if packed:
            headers["Content-Encoding"] = draw(st.sampled_from(["gzip", "gzip, gzip", "GZIP", "br", ""]))
            data = data[: len(data) - draw(st.sampled_from([0, 0, 0, 1, 8]))] + draw(st.binary(max_size=2))
        body = base64.b64encode(data).decode() + draw(st.sampled_from(["", "", "", "=", "\n", "é", "A"]))
    headers[draw(st.sampled_from(["content-TYPE", "Content-Length", "X-Odd", "İ", ""]))] = draw(
        st.sampled_from(["-1", "application/json", "99999999999999999999", "", "\ud800", None, 7, ["a"]])
    )
    event = {"httpMethod": "POST", "path": path, "headers": headers, "body": body, "isBase64Encoded": encoded}
    if draw(st.booleans()):
        event["multiValueHeaders"] = {name: [value, value] for name, value in headers.items()}
    return event


KINDS = (
    "application/json",
    "application/json",
    "application/json; charset=utf-8",
    "application/json; charset=koi8-r",
    "text/csv",
    "text/csv; header=present",
    "application/vnd.a+json;",
    "",
    ";;=;charset",
)


@settings(max_examples=500, suppress_health_check=list(HealthCheck))
@given(event=requests())
def test_no_spoiled_request_makes_a_500(
    app: App, capsys: pytest.CaptureFixture[str], event: dict[str, Any]
) -> None:
    reply = app.handle(event, None)

    answer = json.loads(reply["body"])
    assert reply["statusCode"] in (200, 400, 413, 415, 422)
    assert json.loads(capsys.readouterr().out)["status"] == reply["statusCode"]
    if reply["statusCode"] == 200:
        assert {"predictions", "outputs"} & answer.keys()
    else:
        assert reply["headers"]["Content-Type"] == "application/problem+json"
        assert answer.keys() >= {"type", "title", "status", "detail"}
