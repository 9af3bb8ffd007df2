"""MLflow's scoring protocol: which tables are taken, and how others are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emel_runtime.app import App

CSV = {"Content-Type": "text/csv"}


def invoke(call: Any, app: App, body: Any, **fields: Any) -> tuple[int, Any]:
    found: tuple[int, Any] = call(app, body, path="/invocations", **fields)
    return found


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_split": {"columns": ["b", "a"], "index": [7, 8], "data": [[1, 5], [1, 0]]}},
        {"dataframe_split": {"data": [[5, 1], [0, 1]]}},
        {"dataframe_records": [{"a": 5, "b": 1}, {"b": 1, "a": 0}]},
        {"instances": [[5, 1], {"a": 0, "b": 1}]},
        {"inputs": [[5, 1], [0, 1]]},
        {"inputs": {"b": [1, 1], "a": [5, 0]}, "params": {}},
        {"inputs": {"b": [[1], [1]], "a": [[5], [0]]}},
    ],
)
def test_each_form_of_a_table_means_the_same(app: App, call: Any, body: Any) -> None:
    assert invoke(call, app, body) == (200, {"predictions": ["yes", "no"]})


@pytest.mark.parametrize("body", ["a,b\n5,1\n0,1\n", "b,a\r\n1,5\r\n1,0", '\ufeffa,b\n"5", 1\n0,1.0\n'])
def test_csv_has_a_header_and_rows(app: App, call: Any, body: str) -> None:
    assert invoke(call, app, body, headers=CSV) == (200, {"predictions": ["yes", "no"]})


def test_texts_of_csv_become_what_the_columns_hold(make_function: Any, make_column: Any, call: Any) -> None:
    kinds = {"n": "integer", "x": "float", "f": "boolean", "s": "string"}
    app = App(str(make_function([make_column(*one, missing=one[0] == "s") for one in kinds.items()])))

    assert invoke(call, app, 'n,x,f,s\n3,-1e2,True,"a,b"\n3.0,1,false,\n', headers=CSV)[0] == 200


@pytest.mark.parametrize(
    ("line", "field"),
    [("1_0,1", "a"), ("1,x", "b"), ("inf,1", "a"), ("1,", "b"), ("١,1", "a"), ("1", None), ("1,2,3", None)],
)
def test_a_line_of_csv_that_does_not_fit_is_told(app: App, call: Any, line: str, field: str | None) -> None:
    status, problem = invoke(call, app, f"a,b\n5,1\n{line}\n", headers=CSV)

    assert (status, problem["row"], problem.get("field")) == (422, 1, field)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ([[5, 1]], 422),
        ({}, 422),
        ({"instances": [[5, 1]], "inputs": [[5, 1]]}, 422),
        ({"instances": [[5, 1]], "more": 1}, 422),
        ({"instances": [[5, 1]], "params": {"x": 1}}, 422),
        ({"inputs": {"a": [5, 0], "b": [1]}}, 422),
        ({"inputs": {"a": [[5, 6]], "b": [1]}}, 422),
        ({"inputs": {}}, 422),
        ({"dataframe_split": [[5, 1]]}, 422),
        ({"dataframe_split": {"columns": ["a", "a"], "data": [[5, 1]]}}, 422),
        ({"dataframe_split": {"columns": ["a", "c"], "data": [[5, 1]]}}, 422),
        ({"dataframe_split": {"columns": ["a"], "data": [[5]]}}, 422),
        ({"dataframe_split": {"columns": ["a", "b"], "data": [[5]]}}, 422),
        ({"dataframe_split": {"columns": ["a", ["b"]], "data": [[5, 1]]}}, 422),
        ({"dataframe_split": {"columns": ["a", "b"], "data": [5]}}, 422),
        ({"dataframe_split": {"columns": ["a", "b"], "data": []}}, 422),
        ('{"inputs": [[1, 2]], "inputs": [[5, 1]]}', 400),
    ],
)
def test_a_table_that_does_not_fit_is_refused(app: App, call: Any, body: Any, status: int) -> None:
    assert invoke(call, app, body)[0] == status


@pytest.mark.parametrize(("body", "status"), [("", 422), ("a,b\n", 422), ('a,b\n"5', 400), ("x,y\n1,2", 422)])
def test_csv_that_holds_no_rows_is_refused(app: App, call: Any, body: str, status: int) -> None:
    assert invoke(call, app, body, headers=CSV)[0] == status


def test_other_types_are_told_both(app: App, call: Any) -> None:
    status, problem = invoke(call, app, "x", headers={"Content-Type": "text/plain"})

    assert (status, problem["expected"]) == (415, "application/json or text/csv")


def test_ping_and_version_answer(app: App) -> None:
    ping, version = (app.handle({"httpMethod": "GET", "path": path}, None) for path in ("/ping", "/version"))

    assert (ping["statusCode"], ping["body"]) == (200, "\n")
    assert (version["body"], version["headers"]["Content-Type"]) == ("0", "text/plain")


def test_a_duplicate_key_is_refused_on_every_route(app: App, call: Any) -> None:
    for path in ("/predict", "/invocations", "/v2/models/m/infer"):
        status, problem = call(app, '{"a": 1, "b": 2, "a": 3}', path=path)
        assert (status, json.dumps("a") in problem["detail"]) == (400, True)
