"""Estimators that were trained on sparse values, as text makes them."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import BernoulliNB, ComplementNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC, NuSVC, OneClassSVM
from tests.fakes.lowered import beside

from emel.errors import UnsupportedModelError
from emel.lowering import Column, lower

LINES = [
    (line, name)
    for name, load in [("cancer", load_breast_cancer), ("diabetes", load_diabetes), ("iris", load_iris)]
    for line in load().DESCR.splitlines()
    if line.strip()
]
TEXTS, LABELS = [text for text, _ in LINES], [label for _, label in LINES]
INPUT = [Column("text", "string")]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "model",
    [
        BernoulliNB(),
        ComplementNB(),
        MLPClassifier((4,), max_iter=20, random_state=0),
        MultinomialNB(),
        NearestCentroid(),
        NuSVC(nu=0.1),
        OneClassSVM(),
        SVC(),
        SVC(kernel="linear"),
        make_pipeline(TruncatedSVD(5, random_state=0), LogisticRegression()),
    ],
    ids=str,
)
def test_texts_get_the_same_labels_and_probabilities(model: Any) -> None:
    whole = make_pipeline(CountVectorizer(), model).fit(TEXTS[::2], LABELS[::2])

    both = beside(whole, [[text] for text in TEXTS[1::2]], INPUT)

    assert both.labels_equal
    assert both.difference <= 1e-12


def test_neighbours_among_sparse_rows_are_refused() -> None:
    model = make_pipeline(CountVectorizer(), KNeighborsClassifier()).fit(TEXTS, LABELS)

    with pytest.raises(UnsupportedModelError, match="sparse rows"):
        lower(model, INPUT)
