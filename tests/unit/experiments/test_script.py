"""What a training script reads and writes, from its source alone."""

from __future__ import annotations

from emel.experiments.script import read_script

ARGPARSE = """
import argparse, pickle
import pandas as pd
from pathlib import Path

def main(options):
    rows = pd.read_csv(options.data)
    model = Model().fit(rows)
    with open(options.out_model, "wb") as file:
        pickle.dump(model, file)
    (Path(options.folder) / "metrics.json").write_text("{}")
    rows.to_csv(options.sample)

parser = argparse.ArgumentParser()
parser.add_argument("-d", "--data", default="data/rows.csv")
parser.add_argument("--out-model", type=Path, default=Path("models") / "model.pkl")
parser.add_argument("--results", dest="folder", default="out")
parser.add_argument("sample", nargs="?", default="sample.csv")
parser.add_argument("--rate", type=float, default=0.1)
main(parser.parse_args())
"""


def test_the_default_of_an_argument_is_the_path_that_it_stands_for() -> None:
    found = read_script(ARGPARSE)

    assert found is not None
    assert found.reads == ("data/rows.csv",)
    assert found.models == ("models/model.pkl",)
    assert found.writes == ("out/metrics.json", "sample.csv")


def test_an_argument_without_a_default_stands_for_nothing() -> None:
    source = "p.add_argument('--data')\nopen(args.data)\nopen(args.other)\nopen(settings.DATA.path)"

    found = read_script(source)

    assert found is not None and found.reads == ()
