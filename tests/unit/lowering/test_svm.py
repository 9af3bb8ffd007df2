"""Support vector machines beside scikit-learn's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR, NuSVC, NuSVR, OneClassSVM
from tests.fakes.lowered import Beside, beside, columns

from emel.errors import UnsupportedModelError
from emel.lowering import lower
from emel.lowering.builder import Program
from emel.lowering.registry import READERS
from emel.lowering.values import Outputs
from emel_runtime.pure import load

pytestmark = pytest.mark.filterwarnings(
    "ignore:The `probability` parameter was deprecated:FutureWarning",
    "ignore:.*prob[AB]_:FutureWarning",
)
LAST_BITS = 1e-12
KERNELS = ["linear", "poly", "rbf", "sigmoid"]
BINARY_AND_MORE = pytest.mark.parametrize("data", [load_breast_cancer, load_iris], ids=["binary", "more"])


def scaled(model: Any, data: Any) -> Beside:
    x, y = data(return_X_y=True)
    return beside(make_pipeline(StandardScaler(), model).fit(x[::2], y[::2]), x[1::2].tolist())


@BINARY_AND_MORE
@pytest.mark.parametrize("probability", [False, True])
@pytest.mark.parametrize("kernel", KERNELS)
def test_classifiers_vote(kernel: str, probability: bool, data: Any) -> None:
    for model in (
        SVC(kernel=kernel, probability=probability, random_state=0),
        NuSVC(nu=0.2, kernel=kernel, probability=probability, random_state=0),
    ):
        both = scaled(model, data)

        assert both.labels_equal
        assert (both.probabilities is not None) == probability
        assert both.difference <= LAST_BITS


def test_ten_classes_and_their_probabilities_are_met() -> None:
    x, y = load_digits(return_X_y=True)
    model = make_pipeline(StandardScaler(), SVC(probability=True, random_state=0)).fit(x[::4], y[::4])

    both = beside(model, x[1::4].tolist(), limit=100)

    assert both.labels_equal
    assert both.difference <= LAST_BITS


@pytest.mark.parametrize("kernel", KERNELS)
def test_regressors_and_outlier_detectors_add_kernels(kernel: str) -> None:
    assert scaled(SVR(kernel=kernel, C=10.0), load_diabetes).difference <= LAST_BITS
    assert scaled(NuSVR(kernel=kernel, gamma=0.1), load_diabetes).difference <= LAST_BITS

    both = scaled(OneClassSVM(kernel=kernel, nu=0.3, coef0=0.1), load_wine)

    assert both.labels_equal
    assert set(both.predictions) == {-1, 1}


@pytest.mark.parametrize(
    "options",
    [{"decision_function_shape": "ovo"}, {"break_ties": True}, {"class_weight": "balanced"}],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_ways_to_decide(options: dict[str, Any]) -> None:
    assert scaled(SVC(C=0.01, **options), load_wine).labels_equal


@BINARY_AND_MORE
@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_the_decision_function_is_met(kernel: str, data: Any) -> None:
    x, y = data(return_X_y=True)
    model = make_pipeline(StandardScaler(), SVC(kernel=kernel)).fit(x[::2], y[::2])
    program = Program(columns(x.shape[1]), READERS)
    scores = program.read_predictor(model, program.row).scores

    answers, _ = load(program.encode(Outputs(value=scores))).answer(x[1::2].tolist())

    assert np.abs(np.array(answers) - model.decision_function(x[1::2])).max() <= LAST_BITS


def test_kernels_that_were_computed_before_are_picked() -> None:
    x, y = load_iris(return_X_y=True)
    model = SVC(kernel="precomputed").fit(rbf_kernel(x[::2], x[::2]), y[::2])

    assert beside(model, rbf_kernel(x[1::2], x[::2]).tolist()).labels_equal


def test_what_would_run_code_or_be_slow_is_refused() -> None:
    x, y = load_iris(return_X_y=True)
    wide = np.random.RandomState(0).rand(200, 6000)

    with pytest.raises(UnsupportedModelError, match="code of its own"):
        lower(SVC(kernel=rbf_kernel).fit(x, y), columns(4))
    with pytest.raises(UnsupportedModelError, match="support vectors of 6000 numbers"):
        lower(SVC().fit(wide, np.arange(200) % 2), columns(6000))
