"""The Open Inference Protocol: tensors become rows and answers become tensors."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emel_runtime.app import App

INFER = "/v2/models/m/infer"
A = {"name": "a", "shape": [2], "datatype": "FP64", "data": [5, 0]}
B = {"name": "b", "shape": [2, 1], "datatype": "INT32", "data": [[1], [1]]}
BOTH = {"name": "input-0", "shape": [2, 2], "datatype": "FP32", "data": [5, 1, 0, 1]}


def test_columns_are_tensors_by_name(app: App, call: Any) -> None:
    status, answer = call(app, {"id": "7", "inputs": [B, A]}, path=INFER)

    predictions, probabilities = answer.pop("outputs")
    assert (status, answer) == (200, {"model_name": "m", "model_version": "v1.0.0", "id": "7"})
    assert predictions == {"name": "predictions", "datatype": "BYTES", "shape": [2], "data": ["yes", "no"]}
    assert probabilities["shape"] == [2, 2]
    assert probabilities["parameters"] == {"labels": '["no", "yes"]'}


@pytest.mark.parametrize("data", [[5, 1, 0, 1], [[5, 1], [0, 1]]])
@pytest.mark.parametrize("path", [INFER, "/v2/models/m/versions/v1.0.0/infer"])
def test_all_columns_may_be_one_tensor(app: App, call: Any, data: Any, path: str) -> None:
    wanted = {"inputs": [{**BOTH, "data": data}], "outputs": [{"name": "predictions"}]}

    outputs = call(app, wanted, path=path)[1]["outputs"]

    assert [(one["name"], one["data"]) for one in outputs] == [("predictions", ["yes", "no"])]


@pytest.mark.parametrize(
    ("labels", "datatype"),
    [((0, 1), "INT64"), ((False, True), "BOOL"), ((0.5, 1.5), "FP64"), (("no", 1), "BYTES"), ((), "FP64")],
)
def test_predictions_keep_their_type(make_function: Any, call: Any, labels: Any, datatype: str) -> None:
    app = App(str(make_function(labels=labels)))

    answered = call(app, {"inputs": [BOTH]}, path=INFER)[1]["outputs"][0]
    described = call(app, "", method="GET", path="/v2/models/m")[1]["outputs"][0]

    assert answered["datatype"] == described["datatype"] == datatype
    assert answered["data"][0] == (str(labels[1]) if datatype == "BYTES" else labels[1] if labels else 4.0)


def test_one_tensor_of_numbers_holds_booleans_as_0_and_1(
    make_function: Any, make_column: Any, call: Any
) -> None:
    app = App(str(make_function([make_column("a"), make_column("b", "boolean")])))

    assert call(app, {"inputs": [BOTH]}, path=INFER)[0] == 200
    assert call(app, {"inputs": [{**BOTH, "data": [5, 2, 0, 1]}]}, path=INFER)[0] == 422


@pytest.mark.parametrize(
    "inputs",
    [
        [],
        [A],
        [A, A, B],
        [A, {**B, "shape": [1], "data": [1]}],
        [A, {**B, "name": "c"}],
        [A, {**B, "datatype": "FP128"}],
        [A, {**B, "datatype": None}],
        [A, {**B, "shape": [3]}],
        [A, {**B, "shape": [True]}],
        [A, {**B, "shape": []}],
        [A, {**B, "shape": [2, 1, 1]}],
        [A, {**B, "shape": [1, 2]}],
        [A, {**B, "data": None}],
        [A, {**B, "data": [[[1]], 1]}],
        [A, {**B, "data": ["x", 1]}],
        [A, 7],
        [{**BOTH, "shape": [4, 1]}],
        [{**BOTH, "shape": [0, 2], "data": []}],
        "none",
    ],
)
def test_tensors_that_do_not_fit_are_refused(app: App, call: Any, inputs: Any) -> None:
    status, problem = call(app, {"inputs": inputs}, path=INFER)

    assert (status, problem["error"]) == (422, problem["detail"])


def test_binary_tensors_are_refused_in_clear_words(app: App, call: Any) -> None:
    headers = {"Inference-Header-Content-Length": "10", "Content-Type": "application/octet-stream"}

    status, problem = call(app, "x", path=INFER, headers=headers)

    assert (status, "send their data as JSON" in problem["error"]) == (400, True)


def test_an_output_that_is_not_there_is_refused(app: App, call: Any) -> None:
    assert call(app, {"inputs": [BOTH], "outputs": [{"name": "x"}]}, path=INFER)[0] == 422


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/v2/health/live", {"live": True}),
        ("/v2/health/ready", {"ready": True}),
        ("/v2/models/m/ready", {"name": "m", "ready": True}),
        ("/v2/models/m/versions/v1.0.0/ready", {"name": "m", "ready": True}),
        ("/v2", {"name": "emel", "version": "0", "extensions": []}),
    ],
)
def test_health_and_metadata_answer(app: App, call: Any, path: str, answer: Any) -> None:
    assert call(app, "", method="GET", path=path) == (200, answer)


@pytest.mark.parametrize(
    "path",
    ["/v2/x", "/v2/models", "/v2/models/other", "/v2/models/m/versions/v9/infer", "/v2/models/m/x", "/v2x"],
)
def test_other_paths_are_a_404(app: App, call: Any, path: str) -> None:
    assert call(app, {}, path=path)[0] == 404


def test_a_wrong_method_is_a_405(app: App, call: Any) -> None:
    assert call(app, {}, path="/v2/health/live")[0] == call(app, "", method="GET", path=INFER)[0] == 405


JSON = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
TENSOR = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["a", "b", "x"]) | JSON,
        "shape": st.lists(st.integers(-1, 3) | JSON, max_size=3) | JSON,
        "datatype": st.sampled_from(["FP64", "BOOL", "BYTES", "INT8"]) | JSON,
        "data": st.lists(JSON | st.lists(JSON, max_size=2), max_size=3) | JSON,
    }
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(inputs=st.lists(TENSOR | JSON, max_size=3) | JSON, outputs=JSON | st.lists(JSON, max_size=2))
def test_no_tensor_makes_a_500(app: App, call: Any, inputs: Any, outputs: Any) -> None:
    assert call(app, {"inputs": inputs, "outputs": outputs}, path=INFER)[0] < 500
