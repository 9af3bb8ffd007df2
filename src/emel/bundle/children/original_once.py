"""Be what would serve the original model: python original_once.py MODEL ROW_FILE MEMORY_FILE FORM

ROW_FILE has a JSON object of column and value. FORM is how the model takes its rows: frame, array, texts or
dicts (see emel.lowering.original). Import the library, load the model, predict one row.
"""

import json
import math
import sys
import warnings
from pathlib import Path

import joblib
from answer_once import peak_bytes  # type: ignore[import-not-found]


def main(model_file: str, row_file: str, memory_file: str, form: str) -> None:
    """Answer one row, and say how much memory it took."""
    # A model from another version of its library says so each time; it was reported when it was packaged.
    warnings.simplefilter("ignore")
    model = joblib.load(model_file)
    told = json.loads(Path(row_file).read_bytes())
    row = {name: math.nan if value is None else value for name, value in told.items()}
    if form == "texts":
        model.predict(list(row.values()))
    elif form == "dicts":
        model.predict([{name: value for name, value in told.items() if value is not None}])
    elif form == "frame":
        import pandas

        model.predict(pandas.DataFrame([row]))
    else:
        import numpy

        strings = any(isinstance(value, str) for value in row.values())
        model.predict(numpy.array([list(row.values())], dtype=object if strings else numpy.float64))
    Path(memory_file).write_text(str(peak_bytes()), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
