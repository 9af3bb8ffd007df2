"""Be what would serve the original model: python original_once.py MODEL ROW_FILE MEMORY_FILE

ROW_FILE has a JSON object of column and value. Import the library, load the model, predict one row.
"""

import json
import sys
import warnings
from pathlib import Path

import joblib
from answer_once import peak_bytes  # type: ignore[import-not-found]


def main(model_file: str, row_file: str, memory_file: str) -> None:
    """Answer one row, and say how much memory it took."""
    # A model from another version of its library says so each time; it was reported when it was packaged.
    warnings.simplefilter("ignore")
    model = joblib.load(model_file)
    row = json.loads(Path(row_file).read_bytes())
    if hasattr(model, "feature_names_in_"):
        import pandas

        model.predict(pandas.DataFrame([row]))
    else:
        import numpy

        model.predict(numpy.array([list(row.values())], dtype=numpy.float64))
    Path(memory_file).write_text(str(peak_bytes()), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
