"""Passengers of the Titanic, as scikit-learn's own tests keep them: strings, numbers, and gaps in both."""

from __future__ import annotations

import csv
import gzip
from functools import cache
from pathlib import Path

import pandas
import sklearn

FILE = "datasets/tests/data/openml/id_40945/data-v1-dl-16826755.arff.gz"
NUMBERS = ["pclass", "age", "sibsp", "parch", "fare"]


@cache
def passengers() -> pandas.DataFrame:
    """One row each; `survived` is 0 or 1. The file holds the first thousand. Not to be changed."""
    path = Path(sklearn.__file__).parent / FILE
    with gzip.open(path, "rt", encoding="utf-8") as file:
        head, _, data = file.read().partition("@data\n")
    names = [line.split("'")[1] for line in head.splitlines() if line.startswith("@attribute")]
    frame = pandas.DataFrame(csv.reader(data.splitlines()), columns=names).replace("?", None)
    return frame.astype(dict.fromkeys([*NUMBERS, "body"], float) | {"survived": int})
