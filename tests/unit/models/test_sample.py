"""A CSV file becomes typed columns and rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from emel.errors import SampleError
from emel.models.sample import Sample, read_sample


def sample(folder: Path, text: str, target: str | None = None, name: str = "s.csv") -> Sample:
    (folder / name).write_text(text, encoding="utf-8")
    return read_sample(folder / name, target)


@pytest.mark.parametrize(
    ("values", "kind", "parsed"),
    [
        (["1", "-2", "+3"], "integer", [1, -2, 3]),
        (["1", "2.5", "1e3"], "float", [1.0, 2.5, 1000.0]),
        (["True", "false", "TRUE"], "boolean", [True, False, True]),
        (["1", "two"], "string", ["1", "two"]),
        (["1_000", "2"], "string", ["1_000", "2"]),
        (["1", "NA", "3"], "integer", [1, None, 3]),
        (["NaN", "null"], "float", [None, None]),
        ([" 1.5 ", "2"], "float", [1.5, 2.0]),
    ],
)
def test_a_column_has_the_type_that_all_its_values_have(
    tmp_path: Path, values: list[str], kind: str, parsed: list[object]
) -> None:
    read = sample(tmp_path, "a,b\n" + "".join(f"{value},0\n" for value in values))

    assert read.columns[0].type == kind
    assert [row[0] for row in read.rows] == parsed
    assert read.columns[0].missing is (None in parsed)


def test_few_strings_are_categories(tmp_path: Path) -> None:
    read = sample(tmp_path, 'a,b,c\n y,"q\nr",n1\nx,NA,n2\n y,"q\nr",n3\n')

    assert [column.categories for column in read.columns] == [(" y", "x"), ("q\nr",), None]
    assert read.rows[1] == ("x", None, "n2")


def test_more_than_fifty_strings_are_no_categories(tmp_path: Path) -> None:
    lines = [f"t{number % 51}" for number in range(102)]

    assert sample(tmp_path, "a\n" + "\n".join(lines)).columns[0].categories is None


def test_numbers_have_a_range(tmp_path: Path) -> None:
    column = sample(tmp_path, "a\n3\n-1.5\n").columns[0]

    assert (column.minimum, column.maximum) == (-1.5, 3.0)


def test_the_target_is_left_out(tmp_path: Path) -> None:
    read = sample(tmp_path, "a,y,b\n1,0,2\n", target="y")

    assert [column.name for column in read.columns] == ["a", "b"]
    assert read.rows == ((1, 2),)


@pytest.mark.parametrize("text", ["a;b\n1;2\n", "a\tb\n1\t2\n", "\ufeffa,b\r\n1,2\r\n"])
def test_other_delimiters_and_marks_are_understood(tmp_path: Path, text: str) -> None:
    read = sample(tmp_path, text)

    assert ([column.name for column in read.columns], read.rows) == (["a", "b"], ((1, 2),))


def test_a_large_sample_is_thinned_with_a_row_for_each_gap(tmp_path: Path) -> None:
    lines = ["" if number == 77 else str(number) for number in range(100)]
    read = sample(tmp_path, "a,b\n" + "".join(f"{line},0\n" for line in lines))

    assert [row[0] for row in read.spread(4)] == [0, 25, 50, 75, None]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no rows"),
        ("a,b\n", "no rows"),
        ("a,a\n1,2\n", "two columns are called 'a'"),
        ("a,b\n1,2\n3\n", "s.csv:3: the row has 1 values, the header 2"),
        ("a,b\n1," + "x" * 200_000, "is no CSV: field larger than field limit"),
    ],
)
def test_a_broken_sample_is_told(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SampleError) as caught:
        sample(tmp_path, text)

    assert words in str(caught.value)


def test_a_sample_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SampleError, match="no such file"):
        read_sample(tmp_path / "s.csv", None)


def test_text_in_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_bytes("цвет\nсиний\n".encode("cp1251"))

    with pytest.raises(SampleError, match="cannot be read"):
        read_sample(tmp_path / "s.csv", None)
