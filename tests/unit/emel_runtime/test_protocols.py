"""Which values a function takes, how it refuses others, and that no body brings it down."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emel_runtime.app import App


@pytest.mark.parametrize(
    ("row", "field", "expected", "got"),
    [
        ({"a": 1}, "b", "a value", "none"),
        ({"a": 1, "b": 2, "c": 3}, "c", "a column of the model", 'an unknown field "c"'),
        ({"a": "1", "b": 2}, "a", "a finite number", 'the string "1"'),
        ({"a": True, "b": 2}, "a", "a finite number", "true"),
        ({"a": None, "b": 2}, "a", "a finite number", "null"),
        ({"a": [1], "b": 2}, "a", "a finite number", "a list"),
        ({"a": {}, "b": 2}, "a", "a finite number", "an object"),
        ({"a": float("nan"), "b": 2}, "a", "a finite number", "nan"),
        ({"a": 1, "b": float("-inf")}, "b", "a finite number", "-inf"),
        ({"a": 10**400, "b": 2}, "a", "a number that fits 64 bits", "a larger one"),
        ([1], None, "2 values", "1"),
        ([1, 2, 3], None, "2 values", "3"),
        (7, None, "an object or a list", "7"),
    ],
)
def test_a_value_that_does_not_fit_is_named(
    app: App, call: Any, row: Any, field: str | None, expected: str, got: str
) -> None:
    status, body = call(app, [[1, 2], row])

    assert status == 422
    assert (body["row"], body.get("field"), body["expected"], body["got"]) == (1, field, expected, got)


@pytest.mark.parametrize(
    ("kind", "value", "status"),
    [
        ("integer", 3, 200),
        ("integer", 3.0, 200),
        ("integer", 3.5, 422),
        ("integer", True, 422),
        ("integer", "3", 422),
        ("boolean", True, 200),
        ("boolean", 1, 422),
        ("boolean", "true", 422),
        ("string", "Москва", 200),
        ("string", "", 200),
        ("string", "\ud800", 422),
        ("string", 1, 422),
        ("string", None, 422),
    ],
)
def test_a_column_takes_its_own_type(
    make_function: Any, make_column: Any, call: Any, kind: str, value: Any, status: int
) -> None:
    app = App(str(make_function([make_column("a", kind), make_column("b")])))

    assert call(app, {"a": value, "b": 0})[0] == call(app, [[value, 0]])[0] == status


@pytest.mark.parametrize("row", [{"b": 1}, {"a": None, "b": 1}, [None, 1]])
def test_a_string_may_lack_where_the_sample_lacked_some(
    make_function: Any, make_column: Any, call: Any, row: Any
) -> None:
    app = App(str(make_function([make_column("a", "string", missing=True), make_column("b")])))

    assert call(app, [row])[0] == 200


@pytest.mark.parametrize("row", [{"a": 1}, {"a": 1, "b": None}, {"a": 1, "b": float("nan")}, [1, None]])
def test_a_value_may_lack_where_the_sample_lacked_some(
    make_function: Any, make_column: Any, call: Any, row: Any
) -> None:
    app = App(str(make_function([make_column("a"), make_column("b", missing=True)])))

    status, body = call(app, [row])

    # The row is taken; this model, a linear one, is what cannot answer it.
    assert (status, body["detail"]) == (422, "row 0: its numbers are too large for this model")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("{", 400),
        ("[1, 2] x", 400),
        ("{'a': 1}", 400),
        ("[" * 100_000, 400),
        ("1" * 5000, 400),
        ("[]", 422),
        ("{}", 422),
        ("null", 422),
        ('"text"', 422),
        ('{"instances": []}', 422),
        ('{"instances": {"a": 1, "b": 2}}', 422),
        ('{"instances": [[1, 2]], "parameters": {}}', 422),
    ],
)
def test_a_body_that_holds_no_rows_is_refused(app: App, call: Any, body: str, status: int) -> None:
    assert call(app, body)[0] == status


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(10**400),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc") | st.text(), inner, max_size=4)
    ),
    max_leaves=20,
)
BODIES = st.one_of(
    VALUES.map(json.dumps),
    st.lists(st.fixed_dictionaries({"a": VALUES, "b": st.floats()}), max_size=3).map(json.dumps),
    st.text(),
    st.text(alphabet='[]{}",:0123456789eE+-.truefalsn\\u \n'),
)


@settings(max_examples=600, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=BODIES,
    encoded=st.booleans(),
    kind=st.sampled_from(["application/json", "", "text/plain", "text/csv", ";"]),
    coding=st.sampled_from(["", "gzip", "br"]),
    path=st.sampled_from(["/predict", "/invocations", "/v2/models/m/infer"]),
)
def test_no_body_makes_a_500(
    app: App, call: Any, body: str, encoded: bool, kind: str, coding: str, path: str
) -> None:
    headers = {"Content-Type": kind, "Content-Encoding": coding}

    status, answer = call(app, body, isBase64Encoded=encoded, headers=headers, path=path)

    assert status in (200, 400, 413, 415, 422)
    assert "predictions" in answer if status == 200 else answer["status"] == status


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(method=st.text(), path=st.text(), headers=st.dictionaries(st.text(), st.text()))
def test_no_request_line_makes_a_500(app: App, method: str, path: str, headers: dict[str, str]) -> None:
    event = {"httpMethod": method, "path": path, "headers": headers, "body": "[[1, 2]]"}

    assert app.handle(event, None)["statusCode"] < 500
