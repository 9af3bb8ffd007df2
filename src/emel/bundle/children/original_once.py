"""Be what would serve the original: python original_once.py MODEL ROW_FILE MEMORY_FILE FORM KIND FOLDER…

ROW_FILE has a JSON object of column and value. FORM is how the model takes its rows: frame, array, texts or
dicts (see emel.lowering.original). KIND is the kind of model file (see emel.models.looks), and the modules
that it needs may lie in the FOLDERs. Import the library, load the model, predict one row.
"""

import json
import math
import sys
import warnings
from pathlib import Path
from typing import Any

from answer_once import peak_bytes  # type: ignore[import-not-found]


def main(model_file: str, row_file: str, memory_file: str, form: str, kind: str, *folders: str) -> None:
    """Answer one row, and say how much memory it took."""
    # A model from another version of its library says so each time; it was reported when it was packaged.
    warnings.simplefilter("ignore")
    sys.path += folders
    predict = opened(model_file, kind)
    told = json.loads(Path(row_file).read_bytes())
    row = {name: math.nan if value is None else value for name, value in told.items()}
    if form == "texts":
        predict(list(row.values()))
    elif form == "dicts":
        predict([{name: value for name, value in told.items() if value is not None}])
    elif form == "frame":
        predict(framed(row, getattr(predict, "__self__", None)))
    else:
        import numpy

        strings = any(isinstance(value, str) for value in row.values())
        predict(numpy.array([list(row.values())], dtype=object if strings else numpy.float64))
    Path(memory_file).write_text(str(peak_bytes()), encoding="utf-8")


def framed(row: dict[str, Any], model: Any) -> Any:
    """The row as a frame whose columns are of the kinds that the model was trained on."""
    import pandas

    sys.path.append(str(Path(__file__).parents[3]))
    from emel_runtime.habits import habits

    made = pandas.DataFrame([row])
    for name, known in habits(model, list(row)).items():
        value = None if row[name] != row[name] else row[name]
        told = pandas.Series([value], dtype=object)
        made[name] = told if known is None else pandas.Categorical(told, known.categories)
    return made


def opened(file: str, kind: str) -> Any:
    """The `predict` of the model in a file."""
    if kind == "lightgbm":
        import lightgbm

        return lightgbm.Booster(model_file=file).predict
    if kind == "catboost":
        import catboost

        return (
            catboost.CatBoost().load_model(file, format="json" if file.endswith(".json") else "cbm").predict
        )
    if kind == "xgboost":
        import xgboost

        booster = xgboost.Booster(model_file=file)
        return lambda rows: booster.predict(xgboost.DMatrix(rows), validate_features=False)
    if kind == "skops":
        from skops import io

        return io.load(file, trusted=io.get_untrusted_types(file=file)).predict
    import joblib

    return joblib.load(file).predict


if __name__ == "__main__":
    main(*sys.argv[1:])
