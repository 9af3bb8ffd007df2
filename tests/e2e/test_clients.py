"""Clients that others wrote, against a bundle on the local platform: MLflow's own, and Triton's."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from tests.fakes.served import COLUMNS, on_the_local_platform, titanic_bundle

with warnings.catch_warnings():
    # MLflow warns of its own type hints when it is imported.
    warnings.filterwarnings("ignore", ".*Any type hint is inferred", UserWarning)
    import tritonclient.http as triton
    from mlflow.pyfunc.scoring_server.client import ScoringServerClient
    from tritonclient.utils import InferenceServerException

pytestmark = pytest.mark.slow


class Served:
    """The address of the bundle, rows for it, and what the model that was packaged says of them."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.rows = pd.read_csv(folder / "sample.csv")[COLUMNS]
        model = joblib.load(folder / "model.joblib")
        self.labels = model.predict(self.rows).tolist()
        self.probabilities = model.predict_proba(self.rows)
        # Clients send what is missing as null, which only JSON's own types can hold.
        self.plain = self.rows.astype(object).where(self.rows.notna(), None)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("clients")
    built = titanic_bundle(folder)
    with on_the_local_platform(built.path, folder) as url:
        yield Served(url, folder)


@pytest.fixture
def mlflow_client(served: Served) -> Any:
    client: Any = ScoringServerClient("127.0.0.1", 0)
    client.url_prefix = served.url
    return client


@pytest.fixture
def triton_client(served: Served) -> Iterator[Any]:
    with triton.InferenceServerClient(served.url.removeprefix("http://")) as client:
        yield client


def test_mlflows_client_is_ready_and_knows_a_version(mlflow_client: Any) -> None:
    mlflow_client.wait_server_ready(timeout=60)

    assert mlflow_client.get_version()


def test_mlflows_client_sends_a_frame(mlflow_client: Any, served: Served) -> None:
    answered = mlflow_client.invoke(served.rows).get_predictions()

    assert answered.iloc[:, 0].tolist() == served.labels


def test_mlflows_client_sends_lists(mlflow_client: Any, served: Served) -> None:
    records = mlflow_client.invoke(served.plain.to_dict("records")).get_predictions()
    array = mlflow_client.invoke(served.plain.to_numpy()).get_predictions()

    assert records.iloc[:, 0].tolist() == array.iloc[:, 0].tolist() == served.labels


@pytest.mark.parametrize("form", ["dataframe_records", "instances", "inputs"])
def test_mlflows_client_sends_json_of_each_form(mlflow_client: Any, served: Served, form: str) -> None:
    # The client cannot send a dict by itself: it unpacks keys as pairs.
    table = served.plain.to_dict("list" if form == "inputs" else "records")

    answered = mlflow_client.invoke(json.dumps({form: table})).get_predictions()

    assert answered.iloc[:, 0].tolist() == served.labels


def test_tritons_client_reads_health_and_metadata(triton_client: Any) -> None:
    assert triton_client.is_server_live()
    assert triton_client.is_server_ready()
    assert triton_client.is_model_ready("titanic")
    assert triton_client.is_model_ready("titanic", "v1.0.0")
    assert not triton_client.is_model_ready("olympic")
    assert triton_client.get_server_metadata()["name"] == "emel"
    metadata = triton_client.get_model_metadata("titanic")
    assert [given["name"] for given in metadata["inputs"]] == COLUMNS
    assert metadata["outputs"][1]["shape"] == [-1, 2]


def inputs_of(rows: pd.DataFrame, *, binary: bool = False) -> list[Any]:
    inputs = []
    for name in rows:
        column = rows[name]
        if column.dtype.kind in "if":
            datatype, values = {"i": "INT64", "f": "FP64"}[column.dtype.kind], column.to_numpy()
        else:
            datatype, values = "BYTES", column.to_numpy(dtype=object)
        given = triton.InferInput(str(name), [len(rows)], datatype)
        given.set_data_from_numpy(values, binary_data=binary)
        inputs.append(given)
    return inputs


def test_tritons_client_sends_columns(triton_client: Any, served: Served) -> None:
    whole = served.rows.notna().all(axis=1)

    result = triton_client.infer("titanic", inputs_of(served.rows[whole]), request_id="r-1")

    assert result.get_response()["id"] == "r-1"
    expected = [label for label, kept in zip(served.labels, whole, strict=True) if kept]
    assert result.as_numpy("predictions").tolist() == expected
    np.testing.assert_allclose(result.as_numpy("probabilities"), served.probabilities[whole], atol=1e-9)


def test_tritons_client_asks_for_one_output(triton_client: Any, served: Served) -> None:
    rows = served.rows[served.rows.notna().all(axis=1)][:3]
    wanted = triton.InferRequestedOutput("probabilities", binary_data=False)

    result = triton_client.infer("titanic", inputs_of(rows), outputs=[wanted])

    assert result.as_numpy("predictions") is None
    assert result.as_numpy("probabilities").shape == (3, 2)


def test_tritons_client_is_told_what_is_wrong(triton_client: Any, served: Served) -> None:
    rows = served.rows[served.rows.notna().all(axis=1)][:3]

    with pytest.raises(InferenceServerException, match="send their data as JSON"):
        triton_client.infer("titanic", inputs_of(rows, binary=True))
    with pytest.raises(InferenceServerException, match='column "fare" is missing'):
        triton_client.infer("titanic", inputs_of(rows[COLUMNS[:-1]]))
