"""Samples that pandas reads are opened by the worker, and pickles only where they are trusted."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import Any

import pandas
import pytest

from emel.errors import SampleError
from emel.models.child import Child
from emel.models.frames import read_frame
from emel.models.sample import Sample
from emel.system.process import SystemProcess

FRAME = pandas.DataFrame({"n": [1, 2], "city": ["Омск", None], "y": [0, 1]})


def read(path: Path, *, trusted: bool = True, target: str | None = "y") -> Sample:
    workdir = path.parent / "work"
    workdir.mkdir(exist_ok=True)
    return read_frame(path, target, Child(SystemProcess(), Path(sys.executable), workdir, []), trusted)


@pytest.mark.slow
def test_parquet_becomes_typed_columns_without_the_target(tmp_path: Path) -> None:
    FRAME.to_parquet(tmp_path / "s.parquet")

    sample = read(tmp_path / "s.parquet", trusted=False)

    assert [(column.name, column.type, column.missing) for column in sample.columns] == [
        ("n", "integer", False),
        ("city", "string", True),
    ]
    assert sample.rows == ((1, "Омск"), (2, None))


@pytest.mark.slow
def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    FRAME.to_parquet(tmp_path / "s.parquet")
    (tmp_path / "s.parquet").write_bytes((tmp_path / "s.parquet").read_bytes()[:100])

    with pytest.raises(SampleError, match="cannot be loaded") as caught:
        read(tmp_path / "s.parquet")

    assert caught.value.where == str(tmp_path / "s.parquet")


class Marks:
    """Writes a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


def test_a_pickle_without_trust_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "s.pkl").write_bytes(pickle.dumps(Marks(tmp_path / "mark")))

    with pytest.raises(SampleError, match="runs code"):
        read(tmp_path / "s.pkl", trusted=False)

    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize(
    ("name", "words"), [("s.xlsx", r"cannot read \.xlsx files"), ("s.parquet", "no such file")]
)
def test_what_cannot_be_read_is_told(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(SampleError, match=words):
        read(tmp_path / name)
