"""The cells of a sweep."""

from __future__ import annotations

import pytest

from emel.errors import PipelineError
from emel.experiments import cells


def test_a_grid_has_every_combination_the_last_parameter_changing_fastest() -> None:
    assert cells(["a=1,2", "b=x,y"]) == (("a=1", "b=x"), ("a=1", "b=y"), ("a=2", "b=x"), ("a=2", "b=y"))


def test_commas_in_brackets_and_quotes_belong_to_the_value() -> None:
    assert cells(["a=[8],[8,{b: 1, c: 2}]"]) == (("a=[8]",), ("a=[8,{b: 1, c: 2}]",))
    assert cells(["""a="x,y",don't,'z,'"""]) == (('a="x,y"',), ("a=don't",), ("a='z,'",))


def test_a_value_that_stands_twice_is_one_cell_and_spaces_do_not_count() -> None:
    assert cells(["conf.yaml:a.b=1, 2,1"]) == (("conf.yaml:a.b=1",), ("conf.yaml:a.b=2",))


def test_random_cells_differ_hang_on_the_seed_alone_and_come_from_the_grid() -> None:
    settings = [f"p{number}=0,1,2,3,4,5,6,7,8,9" for number in range(12)]
    drawn = cells(settings, count=20, seed=1)

    assert len(set(drawn)) == 20
    assert all(
        assignment.startswith(f"p{number}=") for cell in drawn for number, assignment in enumerate(cell)
    )
    assert drawn == cells(settings, count=20, seed=1)
    assert drawn != cells(settings, count=20, seed=2)


def test_no_more_cells_are_drawn_than_the_grid_has() -> None:
    assert cells(["a=1,2"], count=5, seed=3) == cells(["a=1,2"])


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["a"], "sets no parameter"),
        (["=1"], "sets no parameter"),
        (["a="], "empty value"),
        (["a=1,,2"], "empty value"),
        (["a=1", "a=2"], "`a` is set twice"),
        (["a=1", "params.yaml:a=2"], "`a` is set twice"),
    ],
)
def test_a_setting_that_makes_no_cells_is_refused(settings: list[str], words: str) -> None:
    with pytest.raises(PipelineError, match=words):
        cells(settings)
