"""Models of raw columns and of text, from the saved file to the finished bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import pandas
import pytest
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from tests.fakes.titanic import NUMBERS, passengers

from emel.bundle import build, check_parity
from emel.models import prepare
from emel.records import Artifact, Parity
from emel.system.process import SystemProcess

pytestmark = pytest.mark.slow

FRAME = passengers()
CATEGORIES = ["sex", "embarked", "cabin"]


def proved(model: Any, sample: pandas.DataFrame, folder: Path) -> tuple[Artifact, Parity]:
    """Save, lower and bundle a model, and ask the bundle for the sample's and the boundary rows."""
    process = SystemProcess()
    joblib.dump(model, folder / "model.joblib")
    sample.to_csv(folder / "sample.csv", index=False)
    artifact = prepare(
        name="titanic",
        model=folder / "model.joblib",
        sample=folder / "sample.csv",
        target="survived",
        tier="pure",
        workdir=folder / "work",
        process=process,
    )
    built = build(artifact, version="v1.0.0", commit=None, output=folder / "model.zip", process=process)
    return artifact, check_parity(built.path, artifact.answers, tolerance=1e-12, process=process)


def test_columns_with_gaps_and_rare_categories(tmp_path: Path) -> None:
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    categories = make_pipeline(
        SimpleImputer(strategy="most_frequent"),
        OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=5),
    )
    split = ColumnTransformer(
        [
            ("numbers", numbers, make_column_selector(dtype_include="number")),
            ("categories", categories, CATEGORIES),
            ("name", TfidfVectorizer(ngram_range=(1, 2)), "name"),
        ]
    )
    columns = [*CATEGORIES, "name", *NUMBERS]
    model = make_pipeline(split, LogisticRegression(max_iter=1000))
    model.fit(FRAME[columns].iloc[::2], FRAME.survived.iloc[::2])

    artifact, parity = proved(model, FRAME[["survived", *columns]].iloc[1::2], tmp_path)

    assert parity.ok
    assert parity.rows == len(FRAME) // 2
    assert parity.boundary_rows > 100
    types = {column.name: (column.type, column.missing) for column in artifact.signature.columns}
    assert types["cabin"] == ("string", True)
    assert types["age"] == ("float", True)


def test_a_model_of_texts_has_one_column(tmp_path: Path) -> None:
    names = FRAME.name
    model = make_pipeline(TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 3)), LogisticRegression())
    model.fit(names[::2], FRAME.survived[::2])

    artifact, parity = proved(model, pandas.DataFrame({"text": names[1::2]}), tmp_path)

    assert parity.ok
    assert [(column.name, column.type) for column in artifact.signature.columns] == [("text", "string")]
