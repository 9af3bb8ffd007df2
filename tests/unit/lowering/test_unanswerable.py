"""Rows that scikit-learn refuses are refused by the lowered model too, and not answered with some label."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import PoissonRegressor, Ridge, RidgeClassifier, SGDOneClassSVM
from sklearn.mixture import GaussianMixture
from sklearn.naive_bayes import BernoulliNB, ComplementNB, GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor, NearestCentroid
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC, SVR, OneClassSVM
from tests.fakes.lowered import columns

from emel.lowering import lower
from emel_runtime.pure import Unanswerable, load

X, Y = load_iris(return_X_y=True)
MODELS = [
    BernoulliNB(binarize=2.0),
    ComplementNB(),
    GaussianMixture(2, random_state=0),
    GaussianMixture(2, covariance_type="diag", random_state=0),
    GaussianNB(),
    KMeans(3, random_state=0, n_init=1),
    KNeighborsClassifier(),
    KNeighborsRegressor(algorithm="brute"),
    LinearDiscriminantAnalysis(),
    MLPClassifier((3,), max_iter=5, random_state=0),
    NearestCentroid(metric="manhattan"),
    NearestCentroid(priors="empirical"),
    OneClassSVM(),
    PoissonRegressor(),
    QuadraticDiscriminantAnalysis(),
    Ridge(),
    RidgeClassifier(),
    SGDOneClassSVM(random_state=0),
    SVC(),
    SVC(kernel="linear"),
    SVC(kernel="poly"),
    SVC(kernel="sigmoid"),
    SVR(),
    make_pipeline(PCA(2), SVC()),
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("model", MODELS, ids=str)
def test_missing_and_infinite_numbers_are_refused(model: Any) -> None:
    fitted = load(lower(model.fit(X, Y), columns(4, missing=True)).data)

    for value in (math.nan, math.inf, -math.inf):
        row = [5.0, value, 1.0, 0.2]
        with pytest.raises(ValueError, match=r"contains (NaN|infinity)"):
            model.predict(np.array([row]))
        with pytest.raises(Unanswerable):
            fitted.answer([row])


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_curve_refuses_them_too(value: float) -> None:
    model = IsotonicRegression(out_of_bounds="clip").fit(X[:, 0], X[:, 1])

    with pytest.raises(Unanswerable):
        load(lower(model, columns(1, missing=True)).data).answer([[value]])
