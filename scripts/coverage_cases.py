"""Every class for the coverage page, with a way to fit it on real data and rows that it has not seen."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import catboost
import lightgbm
import numpy
import sklearn.experimental.enable_halving_search_cv
import sklearn.experimental.enable_iterative_imputer
import xgboost
from sklearn import datasets
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.utils import all_estimators

from emel.lowering import Column

Fit = Callable[[], Any]


class Case(NamedTuple):
    """A class, and a function that fits one of it. The rows were held out."""

    library: str
    name: str
    fit: Fit
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Any]]


class Data(NamedTuple):
    """A table with what is to be predicted; every third row is held out."""

    x: Any
    y: Any

    def train(self) -> tuple[Any, Any]:
        kept = numpy.arange(len(self.x)) % 3 != 0
        return self.x[kept], self.y[kept]

    def held(self) -> list[list[Any]]:
        held: list[list[Any]] = self.x[::3].tolist()
        return held


def _bunch(bunch: Any, columns: int | None = None) -> Data:
    return Data(bunch.data[:, :columns], bunch.target)


def _texts() -> Data:
    """Lines of the descriptions of data sets, and which they describe."""
    loaders = (datasets.load_iris, datasets.load_wine, datasets.load_diabetes, datasets.load_linnerud)
    lines = [
        (line.strip(), number)
        for number, loader in enumerate(loaders)
        for line in loader().DESCR.splitlines()
        if len(line.strip()) > 20
    ]
    return Data(numpy.array([[line] for line, _ in lines], dtype=object), numpy.array([n for _, n in lines]))


IRIS = _bunch(datasets.load_iris())
CANCER = _bunch(datasets.load_breast_cancer(), 10)
DIABETES = _bunch(datasets.load_diabetes())
LINNERUD = _bunch(datasets.load_linnerud())
COUNTS = Data(datasets.load_digits().data, datasets.load_digits().target)
POSITIVE = Data(DIABETES.x - DIABETES.x.min(axis=0), DIABETES.y)
LABELS = Data(IRIS.x, numpy.column_stack([IRIS.y == 2, IRIS.x[:, 0] > 5.8]).astype(int))
CATEGORIES = Data(numpy.array([[f"{cell:.0f} cm" for cell in row] for row in IRIS.x], dtype=object), IRIS.y)
ROUNDED = Data(numpy.round(IRIS.x), IRIS.y)
GAPS = Data(numpy.where(numpy.arange(IRIS.x.size).reshape(IRIS.x.shape) % 7, IRIS.x, numpy.nan), IRIS.y)
TEXTS = _texts()
ONE = Data(DIABETES.x[:, 2:3], DIABETES.y)

OWN_DATA = {
    "CategoricalNB": ROUNDED,
    "IterativeImputer": GAPS,
    "KNNImputer": GAPS,
    "MissingIndicator": GAPS,
    "SimpleImputer": GAPS,
    "ComplementNB": COUNTS,
    "MultinomialNB": COUNTS,
    "ClassifierChain": LABELS,
    "MultiOutputClassifier": LABELS,
    "CCA": LINNERUD,
    "PLSCanonical": LINNERUD,
    "MultiOutputRegressor": LINNERUD,
    "RegressorChain": LINNERUD,
    "MultiTaskElasticNet": LINNERUD,
    "MultiTaskElasticNetCV": LINNERUD,
    "MultiTaskLasso": LINNERUD,
    "MultiTaskLassoCV": LINNERUD,
    "IsotonicRegression": ONE,
    "FixedThresholdClassifier": CANCER,
    "TunedThresholdClassifierCV": CANCER,
    "OneHotEncoder": CATEGORIES,
    "OrdinalEncoder": CATEGORIES,
    "TargetEncoder": CATEGORIES,
    "CountVectorizer": TEXTS,
    "HashingVectorizer": TEXTS,
    "TfidfVectorizer": TEXTS,
    "TfidfTransformer": COUNTS,
    "AdditiveChi2Sampler": POSITIVE,
    "LatentDirichletAllocation": COUNTS,
    "NMF": COUNTS,
    "MiniBatchNMF": COUNTS,
}
"""Where the data of the kind do not fit a class."""
CLASSIFIER, REGRESSOR = LogisticRegression(max_iter=2000), Ridge()
STEPS: list[tuple[str, Any]] = [("one", RandomForestClassifier(10, random_state=0)), ("two", CLASSIFIER)]
VALUES: list[tuple[str, Any]] = [("one", LinearRegression()), ("two", REGRESSOR)]
GRID = {"C": [0.1, 1.0]}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "CategoricalNB": {"min_categories": 9},
    "ClassifierChain": {"estimator": CLASSIFIER},
    "ColumnTransformer": {
        "transformers": [("scale", StandardScaler(), [0, 2]), ("keep", "passthrough", [1])]
    },
    "FeatureUnion": {"transformer_list": [("scale", StandardScaler()), ("squeeze", MinMaxScaler())]},
    "FixedThresholdClassifier": {"estimator": CLASSIFIER, "threshold": 0.3},
    "FunctionTransformer": {"func": numpy.log1p},
    "GaussianRandomProjection": {"n_components": 3},
    "GridSearchCV": {"estimator": CLASSIFIER, "param_grid": GRID},
    "HalvingGridSearchCV": {"estimator": CLASSIFIER, "param_grid": GRID},
    "HalvingRandomSearchCV": {"estimator": CLASSIFIER, "param_distributions": GRID, "n_candidates": 2},
    "RandomizedSearchCV": {"estimator": CLASSIFIER, "param_distributions": GRID, "n_iter": 2},
    "MultiOutputClassifier": {"estimator": CLASSIFIER},
    "MultiOutputRegressor": {"estimator": REGRESSOR},
    "OneVsOneClassifier": {"estimator": LinearSVC()},
    "OneVsRestClassifier": {"estimator": CLASSIFIER},
    "OutputCodeClassifier": {"estimator": CLASSIFIER},
    "Pipeline": {"steps": [("scale", StandardScaler()), ("answer", CLASSIFIER)]},
    "QuadraticDiscriminantAnalysis": {"reg_param": 0.1},
    "RFE": {"estimator": CLASSIFIER},
    "RFECV": {"estimator": CLASSIFIER},
    "RegressorChain": {"estimator": REGRESSOR},
    "SelectFromModel": {"estimator": CLASSIFIER},
    "SelectKBest": {"k": 3},
    "SelfTrainingClassifier": {"estimator": CLASSIFIER},
    "SequentialFeatureSelector": {"estimator": CLASSIFIER},
    "SparseRandomProjection": {"n_components": 3},
    "StackingClassifier": {"estimators": STEPS},
    "StackingRegressor": {"estimators": VALUES},
    "TransformedTargetRegressor": {"func": numpy.log1p, "inverse_func": numpy.expm1},
    "TunedThresholdClassifierCV": {"estimator": CLASSIFIER},
    "VotingClassifier": {"estimators": STEPS, "voting": "soft"},
    "VotingRegressor": {"estimators": VALUES},
    "RadiusNeighborsClassifier": {"radius": 50.0, "outlier_label": "most_frequent"},
    "RadiusNeighborsRegressor": {"radius": 1.0},
}
LEFT_OUT = {
    "FrozenEstimator",
    "FeatureHasher",
    "KernelCenterer",
    "PLSSVD",
    "SparseCoder",
    "PatchExtractor",
    "LabelEncoder",
    "LabelBinarizer",
    "MultiLabelBinarizer",
}
"""What fits nothing of its own, takes pictures or kernels, or transforms what is predicted."""


def cases() -> Iterator[Case]:
    """All of them, in the order of their libraries."""
    for name, kind in all_estimators():
        if name in LEFT_OUT:
            continue
        for data in _data_of(name, kind):
            yield _case("sklearn", name, partial(_fitted, name, kind, data), data)
    yield from _boosters()


def _data_of(name: str, kind: Any) -> list[Data]:
    if name in OWN_DATA:
        return [OWN_DATA[name]]
    if issubclass(kind, sklearn.base.ClassifierMixin):
        return [IRIS, CANCER]
    if issubclass(kind, sklearn.base.RegressorMixin):
        return [POSITIVE if name == "GammaRegressor" else DIABETES]
    return [IRIS]


def _fitted(name: str, kind: Any, data: Data) -> Any:
    arguments = dict(ARGUMENTS.get(name, {}))
    if "random_state" in inspect.signature(kind).parameters:
        arguments["random_state"] = 0
    model, (x, y) = kind(**arguments), data.train()
    if data is TEXTS:
        x = [row[0] for row in x]
    if name == "DictVectorizer":
        x = [{f"c{place}": cell for place, cell in enumerate(row)} for row in x.tolist()]
    # Asked of the class: some have it only once they are fitted.
    if not hasattr(kind, "predict") and hasattr(model, "transform"):
        return make_pipeline(model, LogisticRegression(max_iter=2000)).fit(x, y)
    return model.fit(x, y)


def _boosters() -> Iterator[Case]:
    quiet = {"verbose": 0, "allow_writing_files": False, "iterations": 50, "random_seed": 0}
    few: dict[str, Any] = {"n_estimators": 50, "n_jobs": 1}
    silent: dict[str, Any] = {**few, "verbose": -1}
    for data in (IRIS, CANCER):
        yield _boosted("lightgbm", lightgbm.LGBMClassifier(**silent), data)
        yield _boosted("xgboost", xgboost.XGBClassifier(**few), data)
        yield _boosted("catboost", catboost.CatBoostClassifier(**quiet), data)
    yield _boosted("lightgbm", lightgbm.LGBMRegressor(**silent), DIABETES)
    yield _boosted("xgboost", xgboost.XGBRegressor(**few), DIABETES)
    yield _boosted("catboost", catboost.CatBoostRegressor(**quiet), DIABETES)
    yield _boosted("lightgbm", lightgbm.LGBMRanker(**silent), IRIS, group=[len(IRIS.train()[1])])
    yield _boosted("xgboost", xgboost.XGBRanker(**few), IRIS, group=[len(IRIS.train()[1])])
    x, y = DIABETES.train()
    train = partial(lightgbm.train, {"verbose": -1}, lightgbm.Dataset(x, y), 50)
    yield _case("lightgbm", "Booster", train, DIABETES)
    yield _case("xgboost", "Booster", partial(xgboost.train, {}, xgboost.DMatrix(x, y), 50), DIABETES)


def _boosted(library: str, model: Any, data: Data, **more: Any) -> Case:
    return _case(library, type(model).__name__, partial(model.fit, *data.train(), **more), data)


def _case(library: str, name: str, fit: Fit, data: Data) -> Case:
    kind = "string" if data is CATEGORIES or data is TEXTS else "float"
    gaps = data is GAPS
    columns = tuple(Column(f"c{place}", kind, missing=gaps) for place in range(data.x.shape[1]))
    return Case(library, name, fit, columns, data.held())
